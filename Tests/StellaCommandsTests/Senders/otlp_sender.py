"""Sends log records with OpenTelemetry's own SDK and exporter: otlp_sender.py URL."""

import logging
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

for seq, compression in ((1, Compression.NoCompression), (2, Compression.Gzip), (3, Compression.Deflate)):
    provider = LoggerProvider(resource=Resource.create({"service.name": "shop", "host.name": "web-1"}))
    exporter = OTLPLogExporter(endpoint=sys.argv[1] + "/v1/logs", compression=compression)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = logging.getLogger(f"shop.cart.{seq}")
    logger.addHandler(LoggingHandler(logger_provider=provider))
    logger.error("it %s", "failed", extra={"seq": seq, "big": 9007199254740993, "list": [1, 2]})
    provider.shutdown()
