/** Where every process says how it is; see `src/health.ts`. */
export const healthPaths = { live: '/livez', ready: '/readyz', metrics: '/metrics' } as const;
