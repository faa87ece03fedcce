"""Where pages of known generators hold their main part, written down by looking at such pages.

The loader knows nothing of this list, so that what is measured by it cannot flatter the loader.
"""

from __future__ import annotations

from benchmarks.shown_pages import MainPart

_ROLES = "nav, [role=navigation], [role=search]"
_SPHINX = (
    f"{_ROLES}, .headerlink, .related, .sphinxsidebar, .contents.topic, .contents.local, .linenos, "
    ".viewcode-link, .viewcode-back, .rst-footer-buttons, footer, [role=contentinfo], .toctree-l2"
)
_TEXINFO = "div.header, .nav-panel, .contents, .shortcontents, .copiable-link, .copiable-anchor"

MAIN_PARTS = (
    MainPart(
        "Docusaurus",
        "meta[name=generator][content^=Docusaurus]",
        ".theme-doc-markdown, main .markdown",
        ".hash-link",
    ),
    MainPart(
        "MkDocs",
        "meta[name=generator][content^=mkdocs], .md-content, a[href*='mkdocs.org'], "
        "#mkdocs_search_modal",
        "article.md-content__inner, [role=main], #main-content",
        ".headerlink, .md-content__button, .md-source-file, .linenos, .linenodiv, nav, "
        ".md-source-date, .md-tags, .md-annotation__index, hr + p > a[href*=edit]",
    ),
    MainPart(
        "Sphinx",
        "[class*=sphinx], script[src*='_static/doctools.js'], link[href*='_static/pygments']",
        "article.bd-article, article[role=main], [itemprop=articleBody], .rst-content .document, "
        "[role=main], div.body, .content",
        _SPHINX,
    ),
    MainPart(
        "Doxygen",
        "meta[name=generator][content^=Doxygen], meta[content*=Doxygen], a[href*='doxygen'], "
        "#doc-content",
        ".contents, .headertitle",
        ".toc, .dynheader, .dyncontent, .navpath, .lineno, .qindex, .summary, .levels, "
        "hr.footer ~ *",
    ),
    MainPart(
        "DocBook",
        "meta[name=generator][content*=DocBook], meta[name=generator][content*=GTK-Doc], "
        "meta[name=GENERATOR][content*='DSSSL'], div[class=NAVFOOTER], div[class=NAVHEADER]",
        "body",
        ".navheader, .navfooter, .NAVHEADER, .NAVFOOTER, table.nav, table.navigation, .toc, "
        ".list-of-tables, .list-of-figures, .list-of-examples, .TOC, .footer",
    ),
    MainPart(
        "pandoc",
        "meta[name=generator][content*=pandoc]",
        "body",
        "#TOC, nav, .sourceLineNumber",
    ),
    MainPart(
        "Hugo",
        "meta[name=generator][content^=Hugo], .book-article, nav.sidebar + .content, "
        ".e-content, #body-inner",
        "#body-inner, article.book-article, .e-content",
        ".anchor, nav, .footline",
    ),
    MainPart("AsciiDoc", "meta[name=generator][content^='AsciiDoc']", "#content, #header > h1",
             "#toc, .toc"),
    MainPart("Texinfo", "meta[name=Generator][content*=makeinfo], meta[name=Generator][content*="
             "texi2any], meta[name=generator][content*=makeinfo], [class=node]", "body",
             f"{_TEXINFO}, .node, ul.menu, table.menu"),
    MainPart("Javadoc", "meta[name=generator][content^=javadoc], meta[content*=javadoc]",
             "main, div.contentContainer", "nav, .subNav, .topNav, .bottomNav"),
    MainPart("plain (Apache)", "#manual-page, #page-header", "#page-content",
             "#quickview, .toplang, .bottomlang, .top, #comments_thread"),
    MainPart("plain (SQLite)", "img[src*=sqlite]", "body", ".nosearch, .toc, .fancy > .fancy_toc"),
    MainPart("plain (HAProxy)", "#page-wrapper", "#page-wrapper > .row > .col-lg-12",
             ".pagination"),
    MainPart("plain (devhelp)", "meta[content*='devhelp']", "body", "table.navigation, .footer"),
    MainPart("plain (layout tables)", "img[src*='gnome2.png'], img[src*=smallfootonly]",
             "td[bgcolor='#8b7765'] td[bgcolor='#fffacd'] td, "
             "td > table > tbody > tr > td[bgcolor='#fffacd'], td[bgcolor='#fffacd']", ""),
    MainPart("plain", "body", "body", "nav, .nav, .navbar, .toc"),
)  # fmt: skip
"""The first whose sign a page has is taken."""
