"""What is for a class: the frame of every page, presenting, and the address that phones use."""
