"""What Streamlit lacks, for every page: charts in place, what follows what, HTML of our own."""
