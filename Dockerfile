# The hub as an image: `docker build -t mixdown .`; docs/docker.md says how to use it.

# The Node that package.json pins for development, too. Give a digest or a mirror with --build-arg NODE_IMAGE=...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# Dependencies first: they stay cached until they change. None of them needs its install script.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY bin bin
COPY config config
COPY schemas schemas
COPY adapters adapters
COPY collector collector
# Left behind: what only development needs, the Node of node_modules (the image has its own), SQLite's sources.
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Mixdown" \
      org.opencontainers.image.description="Policy and telemetry hub for service meshes" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /opt/mixdown
COPY --from=build /src/package.json /src/LICENSE ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=build /src/bin bin
# The only place that is written to. A new volume takes over its owner.
RUN install -d -o node -g node /var/lib/mixdown /var/lib/mixdown/data
WORKDIR /var/lib/mixdown
VOLUME /var/lib/mixdown/data

# Loopback would be out of reach: publish ports instead, as widely as wanted.
ENV NODE_ENV=production \
    MIXDOWN_LISTEN_HOST=0.0.0.0 \
    MIXDOWN_HEALTH_URL=http://127.0.0.1:8080/readyz
EXPOSE 4317 4318 8080
# The user `node` of the image, by number, so that "must not be root" can be checked from outside.
USER 1000:1000

# Node itself is the first process and gets the signal; draining takes up to 30 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.MIXDOWN_HEALTH_URL).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=4", "--no-parallel-scavenge", "/opt/mixdown/bin/mixdown.js"]
CMD ["serve"]
