"""What-ifs: pages that change one thing, a file each."""
