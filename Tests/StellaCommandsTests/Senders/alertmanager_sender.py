"""Lets a real Alertmanager tell about an alert: alertmanager_sender.py URL DIRECTORY. It runs until standard input ends."""

import json
import os
import re
import subprocess
import sys
import urllib.request

url, directory = sys.argv[1:]
config = os.path.join(directory, "alertmanager.yml")
with open(config, "w") as file:
    json.dump({
        "route": {"receiver": "stella", "group_wait": "0s", "group_interval": "1s", "group_by": ["alertname"]},
        "receivers": [{"name": "stella", "webhook_configs": [{"url": url + "/api/v1/alertmanager"}]}],
    }, file)
manager = subprocess.Popen(
    ["prometheus-alertmanager", "--config.file", config, "--storage.path", os.path.join(directory, "data"),
     "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="],
    stderr=subprocess.PIPE, text=True)
try:
    for line in manager.stderr:
        found = re.search(r'msg="?Listening on"? address=(127\.0\.0\.1:[1-9]\d*)', line)
        if found:
            break
    else:
        sys.exit("Alertmanager did not come up")
    alert = {
        "labels": {"alertname": "HighLatency", "service": "shop", "severity": "critical", "seq": "1"},
        "annotations": {"summary": "slow"},
    }
    request = urllib.request.Request(
        f"http://{found[1]}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()
    sys.stdin.read()
finally:
    manager.terminate()
    manager.stderr.close()
    manager.wait()
