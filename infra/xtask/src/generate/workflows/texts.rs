//! Parts of what the artifacts of several workflows show, in Markdown with Handlebars.
//!
//! What consoles tell stands between backticks: a name must not become a heading or a link.

/// Who asked, and in which ticket, where the trigger knows it.
pub(super) fn asked_for(trigger: &str) -> String {
    let line = |title: &str, input: &str| {
        let variable = format!("[\"{trigger}\"].[{input}]");
        format!("{{{{#if {variable}}}}}- {title}: `{{{{{variable}}}}}`\n{{{{/if}}}}")
    };
    let lines = [
        line("Ticket", "ticket"),
        line("Asked for by", "requested_by"),
    ];
    lines.concat() + "\n"
}

/// What a dry run would do and change.
pub(super) fn planned(step: &str) -> String {
    let plan = each(step, "plan", "- `{{this}}`\n");
    format!(
        "## What would be done\n\n{plan}\n{}",
        changes(step, "What would change")
    )
}

pub(super) fn changes(step: &str, title: &str) -> String {
    let line = format!(
        "- `{{{{field}}}}`: {} → {}\n",
        maybe("before"),
        maybe("after")
    );
    format!("## {title}\n\n{}\n", each(step, "changes", &line))
}

/// What came, or would come, of a person on each surface.
pub(super) fn surfaces(step: &str) -> String {
    let line = "- `{{name}}`: {{verdict}}{{#if reason}}: `{{reason}}`{{/if}}{{#if next}} `{{next}}`{{/if}}\n";
    format!(
        "## Consoles and platform\n\n{}\n",
        each(step, "surfaces", line)
    )
}

pub(super) fn warnings(step: &str) -> String {
    let lines = each(step, "warnings", "- `{{this}}`\n");
    format!("{{{{#if [\"{step}\"].[warnings]}}}}## Warnings\n\n{lines}\n{{{{/if}}}}")
}

fn each(step: &str, list: &str, line: &str) -> String {
    format!("{{{{#each [\"{step}\"].[{list}]}}}}{line}{{{{/each}}}}")
}

/// A text that may be absent: a pair of backticks around nothing is none.
pub(super) fn maybe(variable: &str) -> String {
    format!("{{{{#if {variable}}}}}`{{{{{variable}}}}}`{{{{else}}}}nothing{{{{/if}}}}")
}

/// What to do about a step that failed. InsightConnect shows the error itself in the job.
pub(super) fn failed(title: &str, step: &str, changed: &str) -> String {
    format!(
        "# {title}\n\nThe step {step} failed. {changed}\n\nOpen the step in [the job]({{{{[$job].[URL]}}}}): its error \
         says what happened and what to do next. Then start the workflow again: only what is left is done.\n"
    )
}

pub(super) fn refused(title: &str) -> String {
    format!("# {title}\n\nSomebody said no, or nobody answered in time. Nothing was changed.\n")
}
