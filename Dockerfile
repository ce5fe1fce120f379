# Hubbub in a container. To build it takes npm's registry and nothing else; to run it takes no network but its port.
#   docker build -t hubbub .
#   docker run -d --name hubbub --restart on-failure -p 8080:8080 -v hubbub:/data hubbub --max-clients=500
# docker_test.ts goes through these lines without Docker.

FROM node:22-bookworm-slim AS build
# The program itself: the script around it that npm makes passes no SIGTERM on.
RUN npm install --prefix /opt --ignore-scripts deno@2.9.6 && mv /opt/node_modules/@deno/linux-*/deno /opt/deno
WORKDIR /app
COPY . .
# What --transport=node needs comes with all else that deno.lock vouches for.
RUN DENO_DIR=/cache /opt/deno cache --node-modules-dir=none --frozen main.ts node_transport.ts journal/worker.ts packer.ts
RUN mkdir /data

FROM debian:bookworm-slim
COPY --from=build /opt/deno /usr/local/bin/deno
COPY --from=build /app /app
COPY --from=build --chown=1000:1000 /cache /cache
COPY --from=build --chown=1000:1000 /data /data
WORKDIR /app
USER 1000:1000
ENV DENO_DIR=/cache
ENV HUBBUB_DATA=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# With a certificate or another --addr, `docker run` takes a --health-cmd of its own.
HEALTHCHECK --interval=30s --timeout=5s CMD ["deno", "eval", "Deno.exit((await fetch('http://127.0.0.1:8080/healthz')).ok ? 0 : 1)"]
ENTRYPOINT ["deno", "run", "--cached-only", "--node-modules-dir=none", "--allow-net", "--allow-read", "--allow-write", "--allow-env=HUBBUB_*,WS_*", "--allow-sys=networkInterfaces,systemMemoryInfo", "main.ts"]
