"""HTML pages, one file each, that need no network. To add one: a file beside this one.

What a page shows comes as data from `charrnn.api`; what it looks like is in the `.css` and `.js`
files here, which `page` writes into it.
"""
