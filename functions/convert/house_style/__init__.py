"""The house style of a Word file, for a PDF: its page, its type, what stands at the top and the foot of pages."""
