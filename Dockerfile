# syntax=docker/dockerfile:1

# Temporal's native part needs glibc, so no Alpine.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY types ./types
COPY activities ./activities
COPY workflows ./workflows
COPY src ./src
# There is no git in the image: `--build-arg WORKER_BUILD_ID="$(git rev-parse --short=12 HEAD)"`.
ARG WORKER_BUILD_ID=""
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
# Temporal's native part reads the system's certificates, which the slim image does not have.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 0700 /archive /keys
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY deploy/healthcheck.js ./deploy/healthcheck.js
USER 1000:1000
# One image for every verb; what is healthy differs between them, so docker-compose.yml has the health checks.
ENTRYPOINT ["node", "bin/candidate-funnel.js"]
CMD ["--help"]
