"""Sends lines as to Loki: loki_sender.py URL.

JSON comes from python-logging-loki. A push of protocol buffers is put together with Google's protobuf and snappy libraries, by
the message's published fields, because none of Loki's own agents is in a package registry; as some of them do, it names snappy in
Content-Encoding too.
"""

import logging
import sys
import time
import urllib.request

import cramjam
import logging_loki
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

URL = sys.argv[1] + "/loki/api/v1/push"

handler = logging_loki.LokiHandler(url=URL, tags={"app": "shop", "seq": "1"}, version="1")
handler.handleError = lambda record: sys.exit("python-logging-loki was refused")
logging.getLogger("cart").addHandler(handler)
logging.getLogger("cart").error("it failed")


def push_request():
    file = descriptor_pb2.FileDescriptorProto(
        name="push.proto", package="logproto", syntax="proto3", dependency=["google/protobuf/timestamp.proto"])
    text, message = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
    one, many = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL, descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
    for name, fields in {
        "PushRequest": [("streams", 1, many, message, ".logproto.Stream")],
        "Stream": [("labels", 1, one, text, None), ("entries", 2, many, message, ".logproto.Entry")],
        "Entry": [
            ("timestamp", 1, one, message, ".google.protobuf.Timestamp"), ("line", 2, one, text, None),
            ("structuredMetadata", 3, many, message, ".logproto.Pair")],
        "Pair": [("name", 1, one, text, None), ("value", 2, one, text, None)],
    }.items():
        type = file.message_type.add(name=name)
        for name, number, label, kind, type_name in fields:
            type.field.add(name=name, number=number, label=label, type=kind, type_name=type_name)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("logproto.PushRequest"))()


request = push_request()
stream = request.streams.add(labels='{app="shop", job="a \\"b\\""}')
for seq in range(2, 102):
    entry = stream.entries.add(line='{"msg":"it failed again and again","level":"error","seq":%d}' % seq)
    entry.timestamp.FromNanoseconds(time.time_ns())
    entry.structuredMetadata.add(name="trace_id", value="ab")
body = bytes(cramjam.snappy.compress_raw(request.SerializeToString()))
headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Scope-OrgID": "fake"}
with urllib.request.urlopen(urllib.request.Request(URL, body, headers)) as answer:
    assert answer.status == 204, answer.status
