//! A chart as it grows: nodes with ids of our own, edges, groups; never larger than renderers take.

use super::label::label;
use std::fmt::Write as _;

/// Renderers refuse text beyond 50,000 characters (`maxTextSize`) and more than 500 edges (`maxEdges`) as they come.
/// <https://mermaid.js.org/config/schema-docs/config.html>
const MOST_BYTES: usize = 45_000;
const MOST_EDGES: usize = 450;

/// Lines of a flowchart.
#[derive(Debug, Clone, Default)]
pub(super) struct Chart {
    lines: String,
    nodes: usize,
    edges: usize,
    groups: usize,
}

impl Chart {
    /// What has been drawn.
    pub(super) fn text(&self) -> &str {
        &self.lines
    }

    /// A box with these lines, the empty ones left out; returns its number.
    pub(super) fn node(&mut self, lines: &[&str], class: &str) -> usize {
        self.nodes += 1;
        let lines: Vec<String> = lines.iter().filter(|line| !line.is_empty()).map(|line| label(line)).collect();
        let _ = writeln!(self.lines, "    n{}[\"{}\"]:::{class}", self.nodes, lines.join("<br/>"));
        self.nodes
    }

    /// A line between two boxes.
    pub(super) fn edge(&mut self, from: usize, to: usize, arrow: &str) {
        self.edges += 1;
        let _ = writeln!(self.lines, "    n{from} {arrow} n{to}");
    }

    /// Boxes with a frame around them.
    pub(super) fn group(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        self.groups += 1;
        let _ = writeln!(self.lines, "    subgraph g{}[\"{}\"]\n    direction TB", self.groups, label(title));
        draw(self);
        let _ = writeln!(self.lines, "    end");
    }

    /// Draws a part, or nothing and returns `false` where the chart would become too large.
    pub(super) fn add(&mut self, draw: impl FnOnce(&mut Self)) -> bool {
        let mut part = Self { lines: String::new(), ..*self };
        draw(&mut part);
        let fits = self.lines.len() + part.lines.len() <= MOST_BYTES && part.edges <= MOST_EDGES;
        if fits {
            let lines = std::mem::take(&mut self.lines) + &part.lines;
            *self = Self { lines, ..part };
        }
        fits
    }
}
