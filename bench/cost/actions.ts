import type { Event } from './history.ts';

/**
 * How many Actions Temporal Cloud bills for what these events record (docs.temporal.io/cloud/actions): a workflow's
 * start 1, a child's 2, counted at its parent and not again at the child; each timer, signal (at its receiver), accepted
 * update and upsert of search attributes 1; each attempt of an activity 1; all markers of one workflow task 1.
 * Queries (1 each), recorded heartbeats and refused updates are billed too, and are in no history.
 */
export function actionsOf(events: Event[]): number {
  const markers = new Set<string>();
  return events.reduce((sum, event) => sum + actionsOfOne(event, markers), 0);
}

function actionsOfOne(event: Event, markers: Set<string>): number {
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) return started.parentWorkflowExecution ? 0 : 1;
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 2;
  if (event.activityTaskScheduledEventAttributes) return 1;
  const attempt = event.activityTaskStartedEventAttributes?.attempt;
  if (attempt) return attempt - 1;
  const marker = event.markerRecordedEventAttributes;
  if (marker) return actionsOfMarker(marker, markers);
  const one =
    event.timerStartedEventAttributes ??
    event.workflowExecutionSignaledEventAttributes ??
    event.workflowExecutionUpdateAcceptedEventAttributes ??
    event.upsertWorkflowSearchAttributesEventAttributes ??
    event.workflowExecutionOptionsUpdatedEventAttributes;
  return one ? 1 : 0;
}

/** Patches are free; local activities of one workflow task are one Action together. */
function actionsOfMarker(
  marker: NonNullable<Event['markerRecordedEventAttributes']>,
  seen: Set<string>,
): number {
  if (marker.markerName === 'core_patch') return 0;
  const task = String(marker.workflowTaskCompletedEventId);
  if (seen.has(task)) return 0;
  seen.add(task);
  return 1;
}
