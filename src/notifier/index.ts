export { NotifyError } from './errors.ts';
export { createNotifier, type Notifier, type NotifierOptions } from './notifier.ts';
export { tryReceiver, type TriedReceiver } from './try-receiver.ts';
