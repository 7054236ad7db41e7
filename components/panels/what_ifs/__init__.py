"""The pages under What if, a file each."""
