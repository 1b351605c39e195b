//! Draws what each chain adds to the CPU time of a call, with the middle half of the rounds as a line.
//!
//! It computes nothing that the table does not show.

use crate::chains::BARE;
use crate::plan::Measured;
use crate::report::{Spread, added_spread};
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (760, 300);

pub(crate) fn draw(path: &Path, measured: &[Measured]) {
    let mut bars: Vec<_> = measured
        .iter()
        .skip(BARE + 1)
        .map(|chain| (chain.name, added_spread(measured, chain)))
        .collect();
    // Upwards is where the axis goes; the first chain belongs at the top.
    bars.reverse();
    plot(path, &bars).expect("the chart can be drawn");
}

fn plot(path: &Path, bars: &[(&str, Spread)]) -> Result<(), Box<dyn std::error::Error>> {
    let most = bars
        .iter()
        .map(|(_, spread)| spread.high)
        .fold(1.0, f64::max);
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "CPU time that a chain adds to a call, in µs",
            ("sans-serif", 16),
        )
        .margin(12)
        .x_label_area_size(28)
        .y_label_area_size(190)
        .build_cartesian_2d(0.0..most * 1.1, (0..bars.len()).into_segmented())?;
    let name = |position: &SegmentValue<usize>| match position {
        SegmentValue::CenterOf(index) => bars
            .get(*index)
            .map_or_else(String::new, |(name, _)| (*name).into()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_max_light_lines(1)
        .y_label_formatter(&name)
        .label_style(("sans-serif", 13))
        .draw()?;
    chart.draw_series(bars.iter().enumerate().map(|(index, (name, spread))| {
        let color = if name.starts_with("mcp-policy") {
            RGBColor(46, 110, 180)
        } else {
            RGBColor(160, 160, 160)
        };
        let corners = [
            (0.0, SegmentValue::Exact(index)),
            (spread.median, SegmentValue::Exact(index + 1)),
        ];
        let mut bar = Rectangle::new(corners, color.filled());
        bar.set_margin(6, 6, 0, 0);
        bar
    }))?;
    chart.draw_series(bars.iter().enumerate().map(|(index, (_, spread))| {
        let ends = [spread.low, spread.high].map(|value| (value, SegmentValue::CenterOf(index)));
        PathElement::new(ends, BLACK.stroke_width(2))
    }))?;
    area.present()?;
    Ok(())
}
