//! A line of the table: work beside its floor, several times in one run.

/// What was measured for one line of the targets.
pub(crate) struct Line {
    pub(crate) work: &'static str,
    pub(crate) floor: &'static str,
    pub(crate) target: Target,
    /// The ratio of each run.
    pub(crate) ratios: Vec<f64>,
    /// What else is worth knowing: figures in their units.
    pub(crate) notes: Vec<String>,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Whatever it is: it is there to be compared with that of another day.
    Any,
}

impl Target {
    fn text(self) -> String {
        match self {
            Target::AtLeast(bound) => format!(">= {bound}"),
            Target::AtMost(bound) => format!("<= {bound}"),
            Target::Any => String::new(),
        }
    }

    fn verdict(self, value: f64) -> &'static str {
        let is_met = match self {
            Target::AtLeast(bound) => value >= bound,
            Target::AtMost(bound) => value <= bound,
            Target::Any => return "",
        };
        if is_met { "met" } else { "missed" }
    }
}

/// The middle one of some numbers.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// The number that this share of the others doesn't exceed.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 - 1.0) * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

impl Line {
    /// The head of the table.
    pub(crate) const HEAD: &'static str = "| work | floor | target | median | min .. max | | beside it |\n|---|---|---|---|---|---|---|\n";

    /// The line as a row of a Markdown table.
    pub(crate) fn row(&self) -> String {
        let middle = median(&self.ratios);
        let smallest = percentile(&self.ratios, 0.0);
        let largest = percentile(&self.ratios, 1.0);
        let met = self.target.verdict(middle);
        format!(
            "| {} | {} | {} | {middle:.2} | {smallest:.2} .. {largest:.2} | {met} | {} |\n",
            self.work,
            self.floor,
            self.target.text(),
            self.notes.join("; "),
        )
    }
}
