"""Data in Spark: what a DataFrame, a table or a path shows, and how far it keeps a contract.

Nothing here touches `_jvm` or `sparkContext`: all of it works on a Connect server too.
"""
