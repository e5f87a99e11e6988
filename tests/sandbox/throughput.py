"""How fast history is told: python -m tests.sandbox.throughput [orders]

A sandbox in one process renders, signs and posts; a receiver that does nothing sits in another.
"""

import json
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

QUERY = """subscription { event { issuedAt version recipient { id } ... on OrderCreated { order {
  id number status userEmail user { id email firstName } created updatedAt channel { slug currencyCode }
  total { gross { amount currency } } subtotal { gross { amount } } shippingPrice { gross { amount } }
  undiscountedTotal { gross { amount } } voucherCode paymentStatus metadata { key value } origin
  lines { id quantity productSku productName variantName isGift variant { id product { id productType { name } } }
    totalPrice { gross { amount currency } } } } } } }"""


def _receive(port: int) -> None:
    import asyncio

    manifest = {
        "id": "throughput",
        "name": "Throughput",
        "version": "1",
        "permissions": ["MANAGE_ORDERS"],
        "webhooks": [
            {
                "name": "orders",
                "targetUrl": f"http://127.0.0.1:{port}/",
                "query": QUERY,
                "asyncEvents": ["ORDER_CREATED"],
            }
        ],
    }
    body = json.dumps(manifest).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    class Receiver(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport, self.held = transport, b""

        def data_received(self, data: bytes) -> None:
            self.held += data
            while (end := self.held.find(b"\r\n\r\n")) >= 0:
                head = self.held[:end].lower()
                size = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                if len(self.held) < end + 4 + size:
                    return
                self.held = self.held[end + 4 + size :]
                self.transport.write(answer if head.startswith(b"get") else b"HTTP/1.1 204 No Content\r\n\r\n")

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def history(orders: int) -> Iterator[str]:
    line = [
        {"product": f"Product {n}", "product_type": "Grocery", "sku": f"S{n}", "quantity": 2, "unit_price": "3.50"}
        for n in range(10)
    ]
    for number in range(orders):
        order = {"created": "2025-01-01T09:00:00+00:00", "lines": line, "shipping": "7.99"}
        yield json.dumps({"customer": {"email": f"c{number % 500}@example.com"}, "orders": [order]})


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _answers(url: str) -> bool:
    for _ in range(200):
        try:
            return httpx.get(url).status_code < 500
        except httpx.TransportError:
            time.sleep(0.05)
    return False


@contextmanager
def _processes() -> Iterator[tuple[str, str, int]]:
    sandbox_port, receiver_port = _free_port(), _free_port()
    receiver = multiprocessing.get_context("spawn").Process(target=_receive, args=(receiver_port,))
    receiver.start()
    sandbox = subprocess.Popen([sys.executable, "-m", "plugin.sandbox", "--port", str(sandbox_port)])
    origin, manifest = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{receiver_port}/manifest"
    try:
        if not (_answers(f"{origin}/sandbox/state") and _answers(manifest)):
            raise RuntimeError("Nothing started.")
        yield origin, manifest, sandbox.pid
    finally:
        sandbox.terminate()
        receiver.terminate()
        sandbox.wait()
        receiver.join()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with _processes() as (origin, manifest, pid), httpx.Client(base_url=origin, timeout=600) as client:
        client.post("/sandbox/install", json={"manifestUrl": manifest}).raise_for_status()
        cpu, start = _cpu_seconds(pid), time.perf_counter()
        client.post("/sandbox/history", params={"wait": "1"}, content="\n".join(history(orders))).raise_for_status()
        wall, cpu = time.perf_counter() - start, _cpu_seconds(pid) - cpu
        state: dict[str, Any] = client.get("/sandbox/state").json()
        sys.stdout.write(
            f"{orders / wall:.0f} webhooks a second; {orders / cpu:.0f} for each second of one core's time;"
            f" {state['deliveries']}\n"
        )


if __name__ == "__main__":
    main()
