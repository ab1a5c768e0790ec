// Answers each request with what node has read of it, in the field X-Seen. Prints its port; ends with its input.
import http from "node:http";

const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
        const body = Buffer.concat(parts).toString("base64");
        const seen = JSON.stringify([request.method, request.url, body]);
        response.writeHead(200, { "X-Seen": Buffer.from(seen).toString("base64"), "Content-Length": 0 });
        response.end();
    });
});
server.listen(0, "127.0.0.1", 511, () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
