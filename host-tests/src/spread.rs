//! Turns measured values into their middle and the middle half around it.
//!
//! It never drops a value.

/// The middle of some values, and the middle half around it.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// A quarter of the values are below.
    pub low: f64,
    /// Half of the values are below.
    pub median: f64,
    /// A quarter of the values are above.
    pub high: f64,
}

impl Spread {
    /// The spread of these values.
    ///
    /// # Panics
    /// Without a value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self {
            low: quantile(&values, 0.25),
            median: quantile(&values, 0.5),
            high: quantile(&values, 0.75),
        }
    }

    /// A value that does not vary.
    pub fn exactly(value: f64) -> Self {
        Self::of([value])
    }

    /// The same for one of so many equal parts.
    pub fn per(self, parts: f64) -> Self {
        Self {
            low: self.low / parts,
            median: self.median / parts,
            high: self.high / parts,
        }
    }
}

/// The value below which a part of the sorted values lies, between two of them by its distance from each.
fn quantile(values: &[f64], part: f64) -> f64 {
    let place = part * (values.len() - 1) as f64;
    let (below, above) = (values[place as usize], values[place.ceil() as usize]);
    below + (above - below) * place.fract()
}
