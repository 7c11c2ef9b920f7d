"""How anything is shown: tables, pages, charts, figures, colours, the console."""
