"""Questions, mistakes, lessons and rooms."""
