/** What stands around the tables of docs/funnel.md. */
export const prose = {
  title: `# What a funnel does

This page says, for HR and operators, what a funnel does in each state with each message, deadline and verdict. The
[architecture](architecture.md#stages-of-a-funnel) has the same stages as a picture; read it first.

Every cell of the tables is tested: a test brings real funnels into each state, sends them each message, and compares.
\`npm run docs:funnel\` writes the page from the same data.`,

  stages: `## Stages

Four stages run an evaluation in RiskOS, all in the same way: the passive check, document verification, selfie
reverification and payroll set-up. The other five wait for a person, or for nothing.

| stage | waits for | ends |
| --- | --- | --- |
| \`passive_check\` | RiskOS | when there is a verdict |
| \`awaiting_document_request\` | HR | with \`requestDocuments\`; skipped with \`documents.start: immediately\` |
| \`document_verification\` | the candidate, then RiskOS | when there is a verdict, or the deadline passes |
| \`review\` | a reviewer | when a person decides, in RiskOS or with the update \`review\` |
| \`verified\` | nothing, for years if need be | with \`requestReverification\`, \`requestPayrollSetup\`, \`complete\`, or every \`reverification.every\` |
| \`selfie_reverification\` | the candidate, then RiskOS | when there is a verdict, or the deadline passes |
| \`payroll_setup\` | RiskOS | when there is a verdict |
| \`needs_attention\` | an operator | with \`retry\` or \`correct\`, back to the stage where it stopped; by itself where RiskOS was late, unreadable or unclear, or has recovered |
| \`closed\` | nothing | never; \`outcome\` says why |

A funnel starts at \`passive_check\`, or at \`verified\` if it is given a \`baseline\`.`,

  states: `## What each message does

In the four stages that run an evaluation, the effect of a message depends on what the funnel waits for. The first six columns
of the table are these waits, for the four stages together:`,

  words: `The words in the cells:`,

  messages: `Updates come from HR and operators. Events come from RiskOS through the relay; each concerns the evaluation in progress or,
if none is in progress, the last one:`,

  belowMessages: `- An update that is not valid is refused everywhere, with \`InvalidMessage\`, the field and the reason. A refused update leaves
  nothing in the history and changes nothing.
- Until an accepted update has been carried out, other updates are refused with \`WrongStage\`, except \`withdraw\`. A \`readNow\`
  holds up no other update.
- \`requestReverification\` is refused with \`NoBaseline\` if the documents were accepted without a reference.
- When RiskOS refuses an update that is *sent* to it, the update fails with \`RiskosRefused\`; when the answer is unclear, with
  \`RiskosUnavailable\`. The funnel stays where it is, and reads RiskOS.
- The row \`review\` shows the decision \`accept\`. The reminder comes when a quarter of the time is left, unless
  \`documents.reminder\`, \`review.reminder\` or \`reverification.reminder\` is set.
- Without any event the funnel reads RiskOS after 30 seconds, then at intervals of 2, 10 and 30 minutes, 1, 2, 4 and 8 hours, and
  from then on every 12 hours (\`reconciliation\`). It reads once more at the deadline.
- An attempt that expired can still be accepted: while the same stage is open, its events are read and an accept counts. It
  supersedes the newer attempt.
- An attempt expires only after a reading that began after its deadline, of every evaluation that RiskOS has for it. A stop for attention
  because RiskOS refused to be read, or an outage of the workers, does not extend the deadline.
- Once an evaluation has a verdict, RiskOS is read again only after \`decision_update\`, \`reevaluation\`, or a completion under another
  \`eval_id\`. If the decision has changed, the verdict stays and gets the flag \`contradicted_later\`.
- \`readNow\` reads RiskOS at once and is answered when that is done. A reading that began before the update does not count.

The deadline of an evaluation is \`documents.deadline\`, for a selfie \`reverification.deadline\`. It starts when RiskOS takes
the request. In the column *works* it leads to \`needs attention\`, because RiskOS is late, not the candidate.`,

  verdicts: `## What follows a verdict

*again* is a new attempt in the same stage. There are at most \`maxAttempts\`; after the last one the funnel closes as
\`attempts_exhausted\`. A failure of RiskOS's Document Request or Document Verification step does not count as the candidate's
attempt; after \`documents.maxTechnicalRetries\` of them the funnel needs attention.

- A REJECT that has only such a failure as its cause goes to a person, with the flag \`technical\`.
- An ACCEPT of the document verification stage without any document result goes to a person, with the flag \`no_document_result\`.
- An ACCEPT of a selfie that was compared with another reference than the one sent, or with none, goes to a person, with the
  flag \`other_reference\`.
- An ACCEPT without an accepted document result has the flag \`no_baseline\`: no selfie can be compared later.`,

  review: `A review ends with a person's decision, made in RiskOS or with the update \`review\`. That decision is final, whatever the policy says,
and HR may grant an attempt beyond \`maxAttempts\`. After its deadline, a review is shown as overdue and stays open.`,

  routing: `### Routing by document and reason code

These rules of the policy apply when RiskOS accepts, reviews or asks for a resubmit. They never change a reject or a person's decision. A
verdict that a rule changed has the flag \`routed\`, \`rule\` names the rule, and \`audit.decision\` keeps RiskOS's own word. The strictest rule counts.

| policy | what it does |
| --- | --- |
| \`documents.accepted: { types, countries, otherwise }\` | a document of another type or country: \`otherwise\` (\`resubmit\`, with the advice to use another document; \`review\` or \`reject\`); one whose type or country RiskOS does not say: \`review\` |
| \`documents.rules: { R831: 'resubmit', … }\` | a reason code: \`review\`, \`resubmit\` or \`reject\` |
| \`reverification.rules\` | the same for selfies |
| \`onEnrichmentFailure: { document_verification: 'review', … }\` | an accept of which a step failed: \`review\` or \`ignore\`; it has the flag \`enrichment_failed\` either way |`,

  policy: `### What the policy changes

The tables above show a funnel with the default policy. The [policy reference](policy.md) has every setting; these change the path of a
funnel:`,

  trouble: `## When RiskOS is unavailable or refuses

A failure of RiskOS is never a rejection. \`trouble\` in the status says that RiskOS is unavailable, and since when; the funnel
resumes by itself. It is \`null\` again once RiskOS answers, or the funnel asks RiskOS for nothing any more.

- **The request was certainly not processed** (connection refused, 429, and the like): the funnel repeats it without limit, with a
  back-off of up to five minutes, or after the time that RiskOS names.
- **The request was perhaps processed** (no answer, 5xx): another request can send another SMS, so the funnel first waits
  \`ambiguousWait\` for an event that names the evaluation, twice as long each time, up to an hour. After five such requests it needs
  attention; an event that names the evaluation resumes it.
- **RiskOS refuses the request** (a wrong key, a missing permission, invalid data): the funnel needs attention at once;
  \`attention.fields\` names what to \`correct\`, and \`retry\` sends the same request again. After some refusals (a redirect, an
  unreadable answer, 404, 409) RiskOS may still have processed the request. Then the funnel first waits \`ambiguousWait\` for an event,
  \`attention\` says that an SMS may have been sent, and an event that names the evaluation resumes the funnel.
- **RiskOS cannot be read**: the funnel retries at the next reading. A deadline waits for that, but no longer than \`reconciliation.longest\`;
  then the funnel needs attention, and resumes with the first reading that succeeds.
- **RiskOS has not finished at the deadline**: the funnel needs attention, and resumes when RiskOS finishes; if RiskOS then waits for the
  candidate, the deadline starts again.
- **RiskOS's workflow failed** (\`workflow_execution_failed\`, confirmed by a reading): the funnel needs attention. It resumes with the
  same evaluation when a reading shows that RiskOS has recovered; if RiskOS then waits for the candidate, the deadline starts again. Only
  \`retry\` starts another evaluation.
- **RiskOS no longer knows an evaluation** that it has shown before (404 three times in a row): the funnel needs attention; \`retry\` starts
  another one. A review goes on, and RiskOS is read again later.

An operator's reset of the workflow (\`temporal workflow reset\`) creates no evaluation twice: before a POST the worker looks for the same
POST in the previous run, and adopts its evaluation or waits as after an unclear answer. If Temporal no longer has that run, the funnel
needs attention.`,

  images: `## Images

The images of an evaluation with documents or a selfie are archived when its verdict is one of \`images.archiveOn\` (an accept), and
deleted after \`images.keepFor\` (90 days, or a time for each verdict) by a workflow of its own, \`images-…\`, which outlives the
funnel ([images.md](images.md)). RiskOS has them shortly after the verdict, so the first request waits \`images.lag\` (10 seconds), and is repeated twice while there are
none. Before the next evaluation begins, and when the funnel closes, they are requested at once. No stage waits for them.
\`status.images\` has one result for each evaluation: \`pending\`, \`archived\`, \`deleted\`; \`military\`, \`minor\` or \`none\` if RiskOS has no images;
or \`refused\` or \`failed\`, with a \`reason\`. The retention workflow has a result that arrives after the funnel has closed.`,

  notices: `## Notices

With \`NOTIFY_URL\` set, HR's system receives a notice of each of these changes; several at once are one notice. The
[notice reference](notices.md) has the fields.

| change | when |
| --- | --- |
| \`next_action\` | HR has something else to do: a link to show, a code to enter, a review, documents to request |
| \`verdict\` | an evaluation was settled |
| \`conflict\` | RiskOS has changed its decision on a settled verdict; the verdict stays |
| \`escalation\` | a deadline is near or has passed |
| \`attention\` | the funnel stands at \`needs_attention\` |
| \`images\` | the archiving of the images of an evaluation could not be started; their results are the notices \`images.changed\` |
| \`closed\` | the funnel has closed |

A change that shows only in the timeline sends no notice. When the receiver permanently refuses a notice, the timeline says so, and later
notices are sent.`,
};
