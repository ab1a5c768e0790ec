"""A relay that takes all it can get into its own memory: python3 -m support.buffering_relay TARGET_PORT PORT_FILE.

Tests of backpressure must find it wanting."""

import asyncio
import pathlib
import sys


class Half(asyncio.Protocol):
    def __init__(self):
        self.other, self.early = None, []

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.other is None:
            self.early.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, problem):
        if self.other is not None:
            self.other.transport.close()


async def join(client, port):
    _, server = await asyncio.get_running_loop().create_connection(Half, "127.0.0.1", port)
    client.other, server.other = server, client
    for data in client.early:
        server.transport.write(data)


async def main(port, port_file):
    loop, tasks = asyncio.get_running_loop(), set()

    class Client(Half):
        def connection_made(self, transport):
            super().connection_made(transport)
            task = loop.create_task(join(self, port))
            tasks.add(task)

    server = await loop.create_server(Client, "127.0.0.1", 0)
    pathlib.Path(port_file).write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
