# syntax=docker/dockerfile:1

# The releases that docker-compose.yml runs.
ARG TEMPORAL_ADMINTOOLS_VERSION=1.29.7-tctl-1.18.4-cli-1.7.2
ARG PROMETHEUS_VERSION=v3.5.0
ARG GRAFANA_VERSION=12.2.0

# Temporal's native part needs glibc, so no Alpine.
FROM node:24-bookworm-slim AS build
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
COPY bin ./bin
COPY deploy/healthcheck.js ./deploy/healthcheck.js
# Files have the permissions of the clone; a strict umask there must not keep the container's user from reading them.
RUN chmod -R u=rwX,go=rX /app

# Creates Temporal's schema and namespace.
FROM temporalio/admin-tools:${TEMPORAL_ADMINTOOLS_VERSION} AS temporal-tools
COPY --chmod=755 deploy/check-password.sh deploy/temporal-schema.sh deploy/temporal-namespace.sh /deploy/

FROM prom/prometheus:${PROMETHEUS_VERSION} AS prometheus
COPY --chmod=755 deploy/prometheus /etc/prometheus

FROM grafana/grafana:${GRAFANA_VERSION} AS grafana
COPY --chmod=755 deploy/grafana /etc/candidate-funnel
ENV GF_PATHS_PROVISIONING=/etc/candidate-funnel/provisioning

FROM node:24-bookworm-slim AS candidate-funnel
# Temporal's native part reads the system's certificates, which the slim image does not have.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 0700 /archive /keys
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json ./
COPY --from=build /app/bin ./bin
COPY --from=build /app/deploy/healthcheck.js ./deploy/healthcheck.js
USER 1000:1000
# One image for every verb; what is healthy differs between them, so docker-compose.yml has the health checks.
ENTRYPOINT ["node", "bin/candidate-funnel.js"]
CMD ["--help"]
