"""Annotated documents in the forms that annotation tools read and write."""
