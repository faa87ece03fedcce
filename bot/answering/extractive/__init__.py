"""The engine that answers by quoting sentences, list items and table rows."""
