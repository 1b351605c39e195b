//! Draws groups of horizontal bars with the names and values beside them, over an axis, as an SVG.
//!
//! It gives no bar a meaning.

use host_tests::spread::Spread;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// A plot.
pub(crate) struct Bars {
    /// The question.
    pub(crate) title: String,
    /// The answer, in a sentence.
    pub(crate) finding: String,
    /// The measure of the axis, its unit, and whether more or less is better.
    pub(crate) axis: String,
    /// Where longer bars end.
    pub(crate) cut: f64,
    /// A value that all are compared with, and its name.
    pub(crate) mark: Option<(f64, &'static str)>,
    /// Formats a value.
    pub(crate) show: fn(f64) -> String,
    pub(crate) groups: Vec<(String, Vec<Bar>)>,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: Spread,
    pub(crate) shade: Shade,
}

#[derive(Clone, Copy)]
pub(crate) enum Shade {
    /// The subject of the plot.
    Own,
    Former,
    /// The chain that all others are compared with.
    Peer,
    Other,
}

const WIDTH: i32 = 900;
/// The left edge of texts.
const LEFT: i32 = 12;
/// Where bars begin and end. Names are left of them, values right.
const BEGIN: i32 = 260;
const END: i32 = 820;
/// The axis, above the first group.
const TOP: i32 = 116;
const HEAD: i32 = 24;
const ROW: i32 = 17;
const GAP: i32 = 8;
/// The most parts of the axis.
const TICKS: f64 = 8.0;
const FONT: &str = "sans-serif";
const NOTE: &str = "Bars are medians, thin lines the middle half of the rounds.";

type Drawn = Result<(), Box<dyn std::error::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Bars {
    /// # Panics
    /// When the file cannot be written.
    pub(crate) fn draw(&self, path: &Path) {
        self.try_draw(path).expect("the plot can be drawn");
    }

    fn try_draw(&self, path: &Path) -> Drawn {
        let size = (WIDTH as u32, (self.bottom() + HEAD) as u32);
        let area = SVGBackend::new(path, size).into_drawing_area();
        area.fill(&WHITE)?;
        self.draw_texts(&area)?;
        self.draw_axis(&area)?;
        self.draw_groups(&area)?;
        self.draw_mark(&area)?;
        area.present()?;
        Ok(())
    }

    fn draw_texts(&self, area: &Area<'_>) -> Drawn {
        text(area, &self.title, (LEFT, 20), 18, HPos::Left)?;
        text(area, &self.finding, (LEFT, 44), 13, HPos::Left)?;
        text(area, &self.axis, (LEFT, 66), 12, HPos::Left)?;
        text(area, NOTE, (LEFT, self.bottom() + HEAD / 2), 11, HPos::Left)
    }

    fn draw_axis(&self, area: &Area<'_>) -> Drawn {
        let step = self.step();
        let ticks = (0..).map(|number| f64::from(number) * step);
        for value in ticks.take_while(|value| *value <= self.longest()) {
            let x = self.place(value);
            text(area, &(self.show)(value), (x, TOP - 10), 11, HPos::Center)?;
            let line = vec![(x, TOP), (x, self.bottom())];
            area.draw(&PathElement::new(line, BLACK.mix(0.12).stroke_width(1)))?;
        }
        Ok(())
    }

    fn draw_groups(&self, area: &Area<'_>) -> Drawn {
        let mut top = TOP;
        for (name, bars) in &self.groups {
            text(area, name, (LEFT, top + HEAD / 2), 13, HPos::Left)?;
            top += HEAD;
            for bar in bars {
                self.draw_bar(area, bar, top)?;
                top += ROW;
            }
            top += GAP;
        }
        Ok(())
    }

    fn draw_mark(&self, area: &Area<'_>) -> Drawn {
        if let Some((value, name)) = self.mark {
            let x = self.place(value);
            text(area, name, (x, TOP - 26), 12, HPos::Center)?;
            let line = vec![(x, TOP), (x, self.bottom())];
            area.draw(&PathElement::new(line, RED.mix(0.6).stroke_width(1)))?;
        }
        Ok(())
    }

    fn draw_bar(&self, area: &Area<'_>, bar: &Bar, top: i32) -> Drawn {
        let Spread { low, median, high } = bar.value;
        let middle = top + ROW / 2;
        text(area, &bar.name, (BEGIN - 8, middle), 12, HPos::Right)?;
        let corners = [(BEGIN, top + 2), (self.place(median), top + ROW - 2)];
        area.draw(&Rectangle::new(corners, bar.shade.rgb().filled()))?;
        let whisker = vec![(self.place(low), middle), (self.place(high), middle)];
        area.draw(&PathElement::new(whisker, BLACK.stroke_width(1)))?;
        let cut = if median > self.cut { "→ " } else { "" };
        let value = format!("{cut}{}", (self.show)(median));
        let end = self.place(median.max(high)) + 6;
        text(area, &value, (end, middle), 12, HPos::Left)
    }

    /// The lower edge of the last group.
    fn bottom(&self) -> i32 {
        let height = |bars: &Vec<Bar>| HEAD + ROW * bars.len() as i32 + GAP;
        let groups = self.groups.iter();
        TOP + groups.map(|(_, bars)| height(bars)).sum::<i32>()
    }

    /// The value at the end of the axis: the longest bar fills the width.
    fn longest(&self) -> f64 {
        let bars = self.groups.iter().flat_map(|(_, bars)| bars);
        let longest = bars.map(|bar| bar.value.high).fold(1e-9, f64::max);
        longest.min(self.cut)
    }

    fn place(&self, value: f64) -> i32 {
        let part = value.clamp(0.0, self.cut) / self.longest();
        BEGIN + (f64::from(END - BEGIN) * part.min(1.0)) as i32
    }

    /// The round value that the axis is divided by: 1, 2 or 5 times a power of ten.
    fn step(&self) -> f64 {
        let least = self.longest() / TICKS;
        let power = 10_f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 5.0].map(|digit| digit * power);
        let step = steps.into_iter().find(|step| *step >= least);
        step.unwrap_or(10.0 * power)
    }
}

impl Shade {
    fn rgb(self) -> RGBColor {
        match self {
            Self::Own => RGBColor(46, 110, 180),
            Self::Former => RGBColor(150, 185, 225),
            Self::Peer => RGBColor(120, 120, 120),
            Self::Other => RGBColor(190, 190, 190),
        }
    }
}

fn text(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, side: HPos) -> Drawn {
    let style = (FONT, size).into_font().color(&BLACK);
    let style = style.pos(Pos::new(side, VPos::Center));
    area.draw_text(text, &style, at)?;
    Ok(())
}
