export { candidateFunnel } from './candidate-funnel.ts';
export { noticeDelivery } from './notice-delivery.ts';
export { imageRetention } from './image-retention.ts';
