#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""First steps against a running service:  python examples/quickstart.py [sc://host:15002]

Any PySpark from 3.4 on will do, as long as it is not newer than the servers: pip install "pyspark[connect]".
"""
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

url = sys.argv[1] if len(sys.argv) > 1 else "sc://localhost:15002"
spark = SparkSession.builder.remote(url).getOrCreate()
print(f"Spark {spark.version}, application {spark.conf.get('spark.app.id')}")

# What you make in a session stays there, on its server, until you stop it: temp views, confs, UDFs, artifacts.
words = spark.sql("SELECT explode(split('one url in front of many spark connect servers and one session on one', ' ')) w")
words.createOrReplaceTempView("words")
spark.sql("SELECT w AS word, count(*) AS n FROM words GROUP BY w ORDER BY n DESC, word LIMIT 5").show()

# Runs on the executors; only the sum comes back.
total = spark.range(10_000_000).select(F.sum("id").alias("total")).collect()[0]["total"]
print(f"The first ten million numbers add up to {total:,}.")

spark.stop()
