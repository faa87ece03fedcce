"""What the grammars of many languages call the parts of source code."""

from __future__ import annotations

FUNCTIONS = frozenset(
    (
        "function_definition",
        "function_declaration",
        "generator_function_declaration",
        "function_item",
        "function_signature_item",
        "function_statement",
        "function",
        "method",
        "method_definition",
        "method_declaration",
        "singleton_method",
        "constructor_declaration",
        "destructor_declaration",
        "init_declaration",
        "deinit_declaration",
        "protocol_function_declaration",
        "local_function_statement",
        "abstract_method_signature",
        "method_signature",
        "function_signature",
        "macro_definition",
        "preproc_function_def",
        "class_method_definition",
        "secondary_constructor",
        "compact_constructor_declaration",
        "operator_declaration",
    )
)
"""What defines a function."""

HOLDERS = frozenset(
    (
        "class_definition",
        "class_declaration",
        "abstract_class_declaration",
        "class_specifier",
        "class",
        "class_statement",
        "struct_specifier",
        "struct_item",
        "struct_declaration",
        "union_specifier",
        "enum_specifier",
        "enum_item",
        "enum_declaration",
        "enum_definition",
        "enum_statement",
        "interface_declaration",
        "trait_declaration",
        "trait_definition",
        "trait_item",
        "impl_item",
        "mod_item",
        "module",
        "namespace_declaration",
        "namespace_definition",
        "internal_module",
        "record_declaration",
        "object_definition",
        "object_declaration",
        "protocol_declaration",
        "extension_declaration",
        "type_declaration",
        "type_definition",
        "type_item",
        "type_alias_declaration",
        "annotation_type_declaration",
        "singleton_class",
        "companion_object",
        "delegate_declaration",
    )
)
"""What may hold definitions of functions, and has a name."""

WRAPPERS = frozenset(
    (
        "decorated_definition",
        "export_statement",
        "template_declaration",
        "linkage_specification",
        "ambient_declaration",
        "declaration_list",
        "class_body",
        "enum_body",
        "enum_class_body",
        "interface_body",
        "block",
        "body",
        "statement_block",
        "field_declaration_list",
        "template_body",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
        "preproc_elif",
        "class_block",
        "protocol_body",
        "enum_member_declaration_list",
        "statement_list",
        "body_statement",
        "do_block",
        "enum_body_declarations",
        "annotation_type_body",
        "object_type",
    )
)
"""What may hold a function and is nothing by itself."""

IMPORTS = frozenset(
    (
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "import_declaration",
        "import_header",
        "import_list",
        "import",
        "preproc_include",
        "use_declaration",
        "using_directive",
        "namespace_use_declaration",
        "package_clause",
        "package_declaration",
        "package_header",
    )
)
"""What names what is used from elsewhere, on lines of its own."""
