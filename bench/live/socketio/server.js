// socket.io 4 as its documentation has it for several servers: the Redis adapter, a room per person, a signed token at the handshake.
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const jwt = require("jsonwebtoken");

const { REDIS_URL, PORT, SECRET_KEY } = process.env;

async function main() {
  const path = REDIS_URL.startsWith("unix://") ? { socket: { path: REDIS_URL.slice(7).split("?")[0] } } : { url: REDIS_URL };
  const publishing = createClient(path), subscribing = createClient(path);
  await Promise.all([publishing.connect(), subscribing.connect()]);
  const io = new Server({ transports: ["websocket"], perMessageDeflate: false, serveClient: false });
  io.adapter(createAdapter(publishing, subscribing));
  io.use((socket, next) => {
    jwt.verify(socket.handshake.query.token, SECRET_KEY, { algorithms: ["HS256"] }, (error, claims) => {
      if (!error) socket.data.userId = claims.user_id;
      next(error);
    });
  });
  io.on("connection", (socket) => socket.join(`user:${socket.data.userId}`));
  io.listen(Number(PORT));
}

main();
