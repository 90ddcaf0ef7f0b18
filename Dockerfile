# Compiling needs what running does not: better-sqlite3 is built here where its prebuilt binary cannot be had.
FROM node:20-bookworm-slim AS build
WORKDIR /nvirt
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY prisma prisma
COPY scripts scripts
COPY src src
RUN npm run db:generate && npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
WORKDIR /nvirt
# Inside a container loopback is the container's own: compose publishes the port on the machine's loopback only.
ENV NODE_ENV=production NVIRT_LISTEN=0.0.0.0:8420 NVIRT_DATA=/var/lib/nvirt
COPY --from=build /nvirt/package.json ./
COPY --from=build /nvirt/node_modules node_modules
COPY --from=build /nvirt/prisma prisma
COPY --from=build /nvirt/dist dist
RUN install -d -o node -g node -m 700 /var/lib/nvirt
USER node
VOLUME /var/lib/nvirt
EXPOSE 8420
HEALTHCHECK --start-period=20s --interval=15s CMD ["node", "-e", "fetch('http://127.0.0.1:8420/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
