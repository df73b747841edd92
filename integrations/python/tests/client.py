"""A client that sends what it is told to."""

import contextlib
import http.client
from urllib.parse import urlsplit


def send(world, method, path, body=None, **headers):
    with contextlib.closing(http.client.HTTPConnection(urlsplit(world.url).netloc)) as server:
        server.request(method, path, body, {**world.headers, **headers})
        answer = server.getresponse()
        return answer.status, answer.read()


def upload(world, name="note.txt", content="A note.", path="/v2/attachments/"):
    part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return send(world, "POST", path, f"{part}{content}\r\n--b--\r\n".encode(), **kind)
