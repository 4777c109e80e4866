export { createNotifier, type Notifier, NotifyError } from './notifier.ts';
