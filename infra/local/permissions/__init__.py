"""What each role may do, as the template's policies say, and what each call needs."""
