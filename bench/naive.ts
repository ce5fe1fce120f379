/**
 * A chat server as anyone would write it, which `deno task bench` measures the real one against: what comes goes to
 * everyone at once. It keeps nothing, knows no rooms and has no limits.
 * @module
 */
const clients = new Set<WebSocket>();

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
}, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onopen = () => clients.add(socket);
  socket.onclose = () => clients.delete(socket);
  socket.onmessage = ({ data }) => {
    for (const client of clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data);
    }
  };
  return response;
});
