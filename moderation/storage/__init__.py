"""What is kept: tables and the queries over them, one file per thing stored. Storage never commits."""
