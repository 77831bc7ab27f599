/** @file draw.h
 * Figures for the examples, drawn with cairo and written as PNG.
 *
 * Lengths are points of a page.
 */
#ifndef DRAW_H
#define DRAW_H

#include <stddef.h>

typedef struct figure figure;

/** A colour: red, green, blue and opacity, each 0 to 1. */
struct colour {
    double r, g, b, a;
};

/** A plot's frame on the page, and what it shows. */
struct axes {
    double left, top, width, height;
    double x0, x1, y0, y1;
    const char *title, *xlabel, *ylabel;
    int xticks, yticks; /**< about how many */
    double xpower;      /**< not 0: the number at x is xpower to the x */
};

/** The i-th of six colours that stay apart in print and for colour-blind eyes.
 */
struct colour draw_colour(size_t i, double opacity);

/** Dark text, light lines. */
extern const struct colour draw_ink, draw_soft;

/**
 * A white page with a title and a line under it.
 * @param pixels  a point; 2 keeps the cells of draw_tiles() sharp
 */
figure *draw_new(double pixels, double width, double height, const char *title,
                 const char *subtitle);

/** Left-aligned text; its baseline starts at (x, y). */
void draw_text(figure *f, double x, double y, double size, int bold,
               struct colour c, const char *text);

/** Grid, ticks with numbers, title and labels. Then draw into it. */
void draw_axes(figure *f, const struct axes *a);

/** n points (xy [n, 2]), as discs. */
void draw_points(figure *f, const struct axes *a, size_t n, const double *xy,
                 double radius, struct colour c);

/** A line through n points (xy [n, 2]). dash 0 for a solid one. */
void draw_line(figure *f, const struct axes *a, size_t n, const double *xy,
               double width, double dash, struct colour c);

/** The area between a line through n points (xy [n, 2]) and y = 0. */
void draw_area(figure *f, const struct axes *a, size_t n, const double *xy,
               struct colour c);

/** Where a Gaussian with this mean [2] and covariance [2, 2] is `sigmas` wide.
 */
void draw_ellipse(figure *f, const struct axes *a, const double *mean,
                  const double *cov, double sigmas, double width,
                  struct colour fill, struct colour line);

/** One line of a legend: a disc (mark 'o') or a stroke ('-'), then text. */
void draw_legend(figure *f, double x, double y, char mark, struct colour c,
                 const char *text);

/**
 * rows × columns tiles of height × width cells, as ink on paper.
 * @param tiles  [rows * columns, height * width]; 0 is paper, `full` is ink,
 * and what lies outside is clipped
 * @param cell   the side of a cell
 * @param gap    between tiles
 */
void draw_tiles(figure *f, double left, double top, size_t rows, size_t columns,
                size_t height, size_t width, const double *tiles, double full,
                double cell, double gap);

/** Write the page and free it. A file that cannot be written ends the program.
 */
void draw_save(figure *f, const char *path);

#endif
