import { pino } from 'pino';

export const token = 'relay-token-of-the-tests';
export const apiKey = 'api-key-of-the-tests';
export const silent = pino({ level: 'silent' });
