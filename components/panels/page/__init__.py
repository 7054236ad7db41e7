"""What Streamlit lacks, for every page: linked questions, charts changed in place, our own HTML."""
