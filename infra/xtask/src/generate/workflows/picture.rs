//! A workflow's picture, drawn from the file that people import.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// The size of a box, and of a decision.
const BOX: (u32, u32) = (250, 54);
const DECISION: (u32, u32) = (290, 100);
/// From one column, or row, to the next.
const COLUMN: u32 = 390;
const ROW: u32 = 130;
const MARGIN: u32 = 30;

/// Colors by day and by night. The ground is drawn: no page shines through.
const STYLE: &str = "\
.ground{fill:#ffffff}.line{stroke:#52606d;stroke-width:1.5;fill:none}.head{fill:#52606d}\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;fill:#1f2933;text-anchor:middle}\
.name{font-size:14px;font-weight:600}.kind{font-size:12px}.edge{font-size:12px;text-anchor:start}\
.shape{stroke:#52606d;stroke-width:1.5}.trigger{fill:#dcecfb}.action{fill:#eef2f6}.change{fill:#fbdcc9}\
.artifact{fill:#ffffff}.check{fill:#eef2f6}.person{fill:#fdf0b8}\
@media (prefers-color-scheme:dark){.ground{fill:#16202a}.line{stroke:#9fb0c0}.head{fill:#9fb0c0}text{fill:#f0f4f8}\
.shape{stroke:#9fb0c0}.trigger{fill:#1d4468}.action{fill:#2a3947}.change{fill:#743a1a}.artifact{fill:#16202a}\
.check{fill:#2a3947}.person{fill:#5f4f10}}";

/// The picture of an export, as SVG.
pub(super) fn picture(export: &Value) -> String {
    let workflow = &export["kom"]["workflowVersions"][0];
    let graph = Graph::of(workflow);
    let mut places = Places::default();
    for (id, step) in &graph.steps {
        if step["type"] == "trigger" {
            places.put(&graph, id, 0, 0);
        }
    }
    let columns = places.at.values().map(|(column, _)| column + 1).max();
    let rows = places.at.values().map(|(_, row)| row + 1).max();
    let width = 2 * MARGIN + COLUMN * columns.unwrap_or(1) - (COLUMN - DECISION.0);
    let height = 2 * MARGIN + ROW * rows.unwrap_or(1) - (ROW - DECISION.1);
    let title = escaped(text(&workflow["name"]));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">{title}</title>\n\
         <style>{STYLE}</style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path class=\"head\" d=\"M0 0l10 5-10 5z\"/></marker></defs>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"12\"/>\n"
    );
    for (from, edges) in &graph.edges {
        for (edge, to) in edges {
            svg += &line(&graph, &places, from, edge, to);
        }
    }
    for (id, place) in &places.at {
        svg += &shape(graph.steps[id.as_str()], *place);
    }
    svg + "</svg>\n"
}

/// What leads where.
struct Graph<'a> {
    steps: BTreeMap<&'a str, &'a Value>,
    /// Edges that lead to a step, by the step that they come from.
    edges: BTreeMap<&'a str, Vec<(&'a Value, &'a str)>>,
}

impl<'a> Graph<'a> {
    fn of(workflow: &'a Value) -> Self {
        let steps = workflow["steps"].as_object().into_iter().flatten();
        let steps = steps.map(|(id, step)| (id.as_str(), step)).collect();
        let mut edges: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for edge in workflow["graph"]["edges"]
            .as_object()
            .into_iter()
            .flat_map(|edges| edges.values())
        {
            let to = text(&edge["toNodeId"]);
            if !to.is_empty() {
                edges
                    .entry(text(&edge["fromNodeId"]))
                    .or_default()
                    .push((edge, to));
            }
        }
        let mut graph = Self { steps, edges };
        // The longest way goes straight down, or else the one that is meant to be taken.
        let lengths: HashMap<&str, usize> = graph
            .steps
            .keys()
            .map(|id| (*id, graph.length(id)))
            .collect();
        for edges in graph.edges.values_mut() {
            edges.sort_by_key(|(edge, to)| {
                (Reverse(lengths.get(to).copied()), edge["name"] != "Yes")
            });
        }
        graph
    }

    /// How many steps the longest way from here has. A file of ours has no circles.
    fn length(&self, id: &str) -> usize {
        let next = self.edges.get(id).into_iter().flatten();
        1 + next.map(|(_, to)| self.length(to)).max().unwrap_or(0)
    }

    fn is_decision(&self, id: &str) -> bool {
        self.steps.get(id).is_some_and(|step| is_decision(step))
    }
}

/// Which column and row each step has.
#[derive(Default)]
struct Places {
    at: BTreeMap<String, (u32, u32)>,
    /// The first free row of each column.
    free: BTreeMap<u32, u32>,
}

impl Places {
    fn put(&mut self, graph: &Graph, id: &str, column: u32, row: u32) {
        let edges = graph.edges.get(id).map(Vec::as_slice).unwrap_or_default();
        let sides = edges.iter().skip(1).zip(column + 1..);
        let free = |column| self.free.get(&column).copied().unwrap_or(0);
        let row = sides
            .clone()
            .map(|(_, column)| free(column))
            .fold(row.max(free(column)), u32::max);
        self.at.insert(id.to_owned(), (column, row));
        self.free.insert(column, row + 1);
        for ((_, to), column) in sides {
            self.put(graph, to, column, row);
        }
        if let Some((_, to)) = edges.first() {
            self.put(graph, to, column, row + 1);
        }
    }

    /// The middle of a step.
    fn middle(&self, id: &str) -> (u32, u32) {
        let (column, row) = self.at.get(id).copied().unwrap_or_default();
        middle((column, row))
    }
}

fn middle((column, row): (u32, u32)) -> (u32, u32) {
    (
        MARGIN + DECISION.0 / 2 + COLUMN * column,
        MARGIN + DECISION.1 / 2 + ROW * row,
    )
}

/// An arrow, with what has to be so for this way to be taken.
fn line(graph: &Graph, places: &Places, from: &str, edge: &Value, to: &str) -> String {
    let (x, y) = places.middle(from);
    let (to_x, to_y) = places.middle(to);
    let size = |id: &str| if graph.is_decision(id) { DECISION } else { BOX };
    let (way, label) = if x == to_x {
        let (start, end) = (y + size(from).1 / 2, to_y - size(to).1 / 2);
        (format!("M{x} {start}V{end}"), (x + 8, start + 16))
    } else {
        let (start, end) = (x + size(from).0 / 2, to_x - size(to).0 / 2);
        (format!("M{start} {y}H{end}"), (start + 4, y - 8))
    };
    let arrow = format!("<path class=\"line\" marker-end=\"url(#head)\" d=\"{way}\"/>\n");
    let name = escaped(text(&edge["name"]));
    if name.is_empty() {
        return arrow;
    }
    let is_late = graph.steps[from]["parameters"]["timeoutEdgeId"] == edge["id"];
    let late = if is_late { ", or no answer" } else { "" };
    let (x, y) = label;
    format!("{arrow}<text class=\"edge\" x=\"{x}\" y=\"{y}\">{name}{late}</text>\n")
}

fn shape(step: &Value, place: (u32, u32)) -> String {
    let (x, y) = middle(place);
    let (class, kind) = kind(step);
    let outline = if is_decision(step) {
        let (width, height) = (DECISION.0 / 2, DECISION.1 / 2);
        format!(
            "<path class=\"shape {class}\" d=\"M{} {y}L{x} {}L{} {y}L{x} {}z\"/>",
            x - width,
            y - height,
            x + width,
            y + height
        )
    } else {
        let radius = if class == "trigger" { BOX.1 / 2 } else { 6 };
        format!(
            "<rect class=\"shape {class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{radius}\"/>",
            x - BOX.0 / 2,
            y - BOX.1 / 2,
            BOX.0,
            BOX.1
        )
    };
    format!(
        "{outline}\n<text class=\"name\" x=\"{x}\" y=\"{}\">{}</text>\n<text class=\"kind\" x=\"{x}\" y=\"{}\">{}</text>\n",
        y - 3,
        escaped(text(&step["name"])),
        y + 15,
        escaped(&kind)
    )
}

/// The class of a step, and what it is in a few words.
fn kind(step: &Value) -> (&'static str, String) {
    let action = text(&step["identifier"]);
    match (
        text(&step["type"]),
        step["parameters"]["input"]["dry_run"].as_bool(),
    ) {
        ("trigger", _) => ("trigger", "starts the workflow".into()),
        ("action", Some(true)) => ("action", format!("{action}: dry run")),
        ("action", Some(false)) => ("change", format!("{action}: changes accounts")),
        ("action", None) => ("action", action.into()),
        ("automated_decision", _) => ("check", "checked".into()),
        ("human_decision", _) => ("person", "a person decides".into()),
        (other, _) => ("artifact", other.into()),
    }
}

fn is_decision(step: &Value) -> bool {
    text(&step["type"]).ends_with("_decision")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use resvg::usvg::{Options, Tree};
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_text_whatever_they_hold() {
        let name = "A<b>&\"c\"</b>";
        let export = json!({"kom": {"workflowVersions": [{
            "name": name,
            "steps": {
                "1": {"type": "trigger", "name": name},
                "2": {"type": "human_decision", "name": name, "parameters": {"timeoutEdgeId": "b"}},
                "3": {"type": "artifact", "name": "Yes"},
                "4": {"type": "artifact", "name": "No"},
            },
            "graph": {"edges": {
                "a": {"id": "a", "name": "", "fromNodeId": "1", "toNodeId": "2"},
                "b": {"id": "b", "name": name, "fromNodeId": "2", "toNodeId": "4"},
                "c": {"id": "c", "name": "", "fromNodeId": "2", "toNodeId": "3"},
                "d": {"id": "d", "name": "", "fromNodeId": "3", "toNodeId": ""},
            }},
        }]}});
        let svg = picture(&export);
        assert!(!svg.contains("<b>"), "{svg}");
        assert_eq!(
            svg.matches("A&lt;b&gt;&amp;&quot;c&quot;&lt;/b&gt;")
                .count(),
            4,
            "{svg}"
        );
        assert!(svg.contains(", or no answer<"), "{svg}");
        Tree::from_str(&svg, &Options::default()).expect("a picture");
    }
}
