//! Draws curves over a logarithmic axis, with the middle half of the values at each point, as an SVG.
//!
//! It gives no curve a meaning.

use host_tests::spread::Spread;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// A plot.
pub(crate) struct Curves {
    /// The question.
    pub(crate) title: String,
    /// The answer, in a sentence.
    pub(crate) finding: String,
    /// The measure of each axis and its unit.
    pub(crate) across: String,
    pub(crate) up: String,
    /// Formats a value.
    pub(crate) show: fn(f64) -> String,
    pub(crate) curves: Vec<Curve>,
}

/// A curve and its points, from left to right.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) points: Vec<(u64, Spread)>,
}

const SIZE: (u32, u32) = (900, 420);
/// The left edge of texts.
const TEXT: i32 = 12;
/// The edges of the plot.
const LEFT: i32 = 90;
const RIGHT: i32 = 660;
const TOP: i32 = 96;
const BOTTOM: i32 = 360;
/// The height of a name beside the plot.
const ROW: i32 = 20;
const FONT: &str = "sans-serif";
const NOTE: &str = "Points are medians, thin lines the middle half.";
const COLORS: [RGBColor; 2] = [RGBColor(46, 110, 180), RGBColor(200, 110, 30)];
const TICKS: f64 = 6.0;

type Drawn = Result<(), Box<dyn std::error::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Curves {
    /// # Panics
    /// When the file cannot be written.
    pub(crate) fn draw(&self, path: &Path) {
        self.try_draw(path).expect("the plot can be drawn");
    }

    fn try_draw(&self, path: &Path) -> Drawn {
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        self.draw_texts(&area)?;
        self.draw_axes(&area)?;
        for (row, (curve, color)) in self.curves.iter().zip(COLORS).enumerate() {
            self.draw_curve(&area, curve, color)?;
            let at = (RIGHT + 20, TOP + ROW * row as i32);
            area.draw(&Circle::new(at, 3, color.filled()))?;
            text(&area, &curve.name, (at.0 + 10, at.1), 12, HPos::Left)?;
        }
        area.present()?;
        Ok(())
    }

    fn draw_texts(&self, area: &Area<'_>) -> Drawn {
        text(area, &self.title, (TEXT, 20), 18, HPos::Left)?;
        text(area, &self.finding, (TEXT, 44), 13, HPos::Left)?;
        text(area, &self.up, (TEXT, 70), 12, HPos::Left)?;
        let below = (RIGHT, BOTTOM + 40);
        text(area, &self.across, below, 12, HPos::Right)?;
        text(area, NOTE, (TEXT, BOTTOM + 40), 11, HPos::Left)
    }

    fn draw_axes(&self, area: &Area<'_>) -> Drawn {
        let step = self.step();
        let values = (0..).map(|number| f64::from(number) * step);
        for value in values.take_while(|value| *value <= self.highest()) {
            let y = self.height(value);
            text(area, &(self.show)(value), (LEFT - 8, y), 11, HPos::Right)?;
            line(area, vec![(LEFT, y), (RIGHT, y)], BLACK.mix(0.12))?;
        }
        for (at, _) in self.points() {
            let x = self.place(*at);
            line(area, vec![(x, BOTTOM), (x, BOTTOM + 4)], BLACK.mix(0.5))?;
            text(area, &grouped(*at), (x, BOTTOM + 14), 11, HPos::Center)?;
        }
        Ok(())
    }

    fn draw_curve(&self, area: &Area<'_>, curve: &Curve, color: RGBColor) -> Drawn {
        let at = |(at, value): &(u64, Spread)| (self.place(*at), self.height(value.median));
        let points: Vec<_> = curve.points.iter().map(at).collect();
        line(area, points.clone(), color.mix(1.0))?;
        for ((x, y), (_, value)) in points.iter().zip(&curve.points) {
            area.draw(&Circle::new((*x, *y), 3, color.filled()))?;
            let half = [value.low, value.high].map(|value| (*x, self.height(value)));
            line(area, half.into(), color.mix(1.0))?;
        }
        Ok(())
    }

    /// The points of the first curve; the others have theirs at the same places.
    fn points(&self) -> &[(u64, Spread)] {
        self.curves.first().map_or(&[], |curve| &curve.points)
    }

    fn place(&self, at: u64) -> i32 {
        let ends = [self.points().first(), self.points().last()];
        let [first, last, at] = [
            ends[0].map_or(1, |(at, _)| *at),
            ends[1].map_or(1, |(at, _)| *at),
            at,
        ]
        .map(|at| (at as f64).ln());
        let part = (at - first) / (last - first).max(1e-9);
        LEFT + 20 + (f64::from(RIGHT - LEFT - 40) * part) as i32
    }

    fn height(&self, value: f64) -> i32 {
        BOTTOM - (f64::from(BOTTOM - TOP) * value / self.highest()) as i32
    }

    fn highest(&self) -> f64 {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        points.map(|(_, value)| value.high).fold(1e-9, f64::max)
    }

    /// The round value that the axis is divided by: 1, 2 or 5 times a power of ten.
    fn step(&self) -> f64 {
        let least = self.highest() / TICKS;
        let power = 10_f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 5.0].map(|digit| digit * power);
        let step = steps.into_iter().find(|step| *step >= least);
        step.unwrap_or(10.0 * power)
    }
}

/// A number with commas between thousands.
pub(crate) fn grouped(number: u64) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{},{rest:03}", grouped(thousands)),
    }
}

fn line(area: &Area<'_>, points: Vec<(i32, i32)>, color: RGBAColor) -> Drawn {
    area.draw(&PathElement::new(points, color.stroke_width(1)))?;
    Ok(())
}

fn text(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, side: HPos) -> Drawn {
    let style = (FONT, size).into_font().color(&BLACK);
    let style = style.pos(Pos::new(side, VPos::Center));
    area.draw_text(text, &style, at)?;
    Ok(())
}
