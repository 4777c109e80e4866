export { candidateFunnel } from './candidate-funnel.ts';
export { imageRetention } from './image-retention.ts';
