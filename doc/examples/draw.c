#include "draw.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "example.h"

#define PI 3.14159265358979323846

struct figure {
    cairo_surface_t *surface;
    cairo_t *cr;
};

const struct colour draw_ink = {0.13, 0.15, 0.19, 1.0};
const struct colour draw_soft = {0.43, 0.46, 0.52, 1.0};

struct colour draw_colour(size_t i, double opacity)
{
    static const struct colour palette[6] = {
        {0.00, 0.45, 0.70, 1.0}, {0.84, 0.37, 0.00, 1.0},
        {0.00, 0.62, 0.45, 1.0}, {0.80, 0.47, 0.65, 1.0},
        {0.90, 0.62, 0.00, 1.0}, {0.34, 0.71, 0.91, 1.0},
    };
    struct colour c = palette[i % 6];
    c.a = opacity;
    return c;
}

static void set_colour(cairo_t *cr, struct colour c)
{
    cairo_set_source_rgba(cr, c.r, c.g, c.b, c.a);
}

figure *draw_new(double pixels, double width, double height, const char *title,
                 const char *subtitle)
{
    figure *f = memory(1, sizeof *f);
    f->surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)(width * pixels), (int)(height * pixels));
    f->cr = cairo_create(f->surface);
    expect(cairo_status(f->cr) == CAIRO_STATUS_SUCCESS, "a page to draw on");
    cairo_scale(f->cr, pixels, pixels);
    cairo_set_source_rgb(f->cr, 1, 1, 1);
    cairo_paint(f->cr);
    cairo_set_line_join(f->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(f->cr, CAIRO_LINE_CAP_ROUND);
    draw_text(f, 32, 44, 20, 1, draw_ink, title);
    draw_text(f, 32, 66, 12.5, 0, draw_soft, subtitle);
    return f;
}

static void set_font(cairo_t *cr, double size, int bold)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD
                                : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

void draw_text(figure *f, double x, double y, double size, int bold,
               struct colour c, const char *text)
{
    set_font(f->cr, size, bold);
    set_colour(f->cr, c);
    cairo_move_to(f->cr, x, y);
    cairo_show_text(f->cr, text);
}

/* align 0, 0.5, 1: (x, y) is the text's left end, middle, right end. */
static void text_at(cairo_t *cr, double x, double y, double align,
                    const char *text)
{
    cairo_text_extents_t e;
    cairo_text_extents(cr, text, &e);
    cairo_move_to(cr, x - align * e.x_advance, y);
    cairo_show_text(cr, text);
}

static double at_x(const struct axes *a, double x)
{
    return a->left + (x - a->x0) / (a->x1 - a->x0) * a->width;
}

static double at_y(const struct axes *a, double y)
{
    return a->top + (a->y1 - y) / (a->y1 - a->y0) * a->height;
}

/* 1, 2 or 5 times a power of ten, so that about n of them fill the span. */
static double tick_step(double span, int n)
{
    const double raw = span / n;
    const double power = pow(10.0, floor(log10(raw)));
    const double lead = raw / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

static void tick_text(double v, double step, size_t cap, char *out)
{
    const int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    char plain[32];
    snprintf(plain, sizeof plain, "%.*f", digits, fabs(v) < step / 2 ? 0 : v);
    /* U+2212, the minus sign, is as wide as a digit; a hyphen is not. */
    snprintf(out, cap, "%s%s", plain[0] == '-' ? "\xe2\x88\x92" : "",
             plain + (plain[0] == '-'));
}

/* Returns the width of the widest number. */
static double draw_ticks(cairo_t *cr, const struct axes *a, int vertical)
{
    double widest = 0;
    const double lo = vertical ? a->y0 : a->x0, hi = vertical ? a->y1 : a->x1;
    const double step = tick_step(hi - lo, vertical ? a->yticks : a->xticks);
    const double bottom = a->top + a->height;
    for (double v = ceil(lo / step - 1e-9) * step; v <= hi + 1e-9 * step;
         v += step) {
        char text[40];
        tick_text(a->xpower != 0 && !vertical ? pow(a->xpower, v) : v, step,
                  sizeof text, text);
        cairo_set_source_rgb(cr, 0.91, 0.92, 0.94);
        cairo_set_line_width(cr, 1);
        if (vertical) {
            cairo_move_to(cr, a->left, at_y(a, v));
            cairo_rel_line_to(cr, a->width, 0);
        } else {
            cairo_move_to(cr, at_x(a, v), bottom);
            cairo_rel_line_to(cr, 0, -a->height);
        }
        cairo_stroke(cr);
        set_colour(cr, draw_soft);
        if (vertical)
            text_at(cr, a->left - 8, at_y(a, v) + 4, 1, text);
        else
            text_at(cr, at_x(a, v), bottom + 17, 0.5, text);
        cairo_text_extents_t e;
        cairo_text_extents(cr, text, &e);
        widest = fmax(widest, e.x_advance);
    }
    return widest;
}

void draw_axes(figure *f, const struct axes *a)
{
    cairo_t *cr = f->cr;
    const double bottom = a->top + a->height;
    set_font(cr, 11, 0);
    draw_ticks(cr, a, 0);
    const double ticks = draw_ticks(cr, a, 1);
    cairo_set_line_width(cr, 1.2);
    set_colour(cr, draw_soft);
    cairo_move_to(cr, a->left, a->top);
    cairo_line_to(cr, a->left, bottom);
    cairo_line_to(cr, a->left + a->width, bottom);
    cairo_stroke(cr);

    draw_text(f, a->left, a->top - 14, 13, 1, draw_ink, a->title);
    set_font(cr, 12, 0);
    set_colour(cr, draw_ink);
    text_at(cr, a->left + a->width / 2, bottom + 38, 0.5, a->xlabel);
    cairo_save(cr);
    cairo_translate(cr, a->left - 20 - ticks, a->top + a->height / 2);
    cairo_rotate(cr, -PI / 2);
    text_at(cr, 0, 0, 0.5, a->ylabel);
    cairo_restore(cr);
}

static void clip_to(cairo_t *cr, const struct axes *a)
{
    cairo_save(cr);
    cairo_rectangle(cr, a->left, a->top - 2, a->width, a->height + 4);
    cairo_clip(cr);
}

void draw_points(figure *f, const struct axes *a, size_t n, const double *xy,
                 double radius, struct colour c)
{
    set_colour(f->cr, c);
    for (size_t i = 0; i < n; i++) {
        cairo_new_path(f->cr);
        cairo_arc(f->cr, at_x(a, xy[2 * i]), at_y(a, xy[2 * i + 1]), radius, 0,
                  2 * PI);
        cairo_fill(f->cr);
    }
}

void draw_line(figure *f, const struct axes *a, size_t n, const double *xy,
               double width, double dash, struct colour c)
{
    clip_to(f->cr, a);
    cairo_new_path(f->cr);
    for (size_t i = 0; i < n; i++)
        cairo_line_to(f->cr, at_x(a, xy[2 * i]), at_y(a, xy[2 * i + 1]));
    cairo_set_dash(f->cr, &dash, dash > 0, 0);
    cairo_set_line_width(f->cr, width);
    set_colour(f->cr, c);
    cairo_stroke(f->cr);
    cairo_restore(f->cr);
}

void draw_area(figure *f, const struct axes *a, size_t n, const double *xy,
               struct colour c)
{
    clip_to(f->cr, a);
    cairo_new_path(f->cr);
    cairo_move_to(f->cr, at_x(a, xy[0]), at_y(a, 0));
    for (size_t i = 0; i < n; i++)
        cairo_line_to(f->cr, at_x(a, xy[2 * i]), at_y(a, xy[2 * i + 1]));
    cairo_line_to(f->cr, at_x(a, xy[2 * n - 2]), at_y(a, 0));
    cairo_close_path(f->cr);
    set_colour(f->cr, c);
    cairo_fill(f->cr);
    cairo_restore(f->cr);
}

void draw_ellipse(figure *f, const struct axes *a, const double *mean,
                  const double *cov, double sigmas, double width,
                  struct colour fill, struct colour line)
{
    /* The image of a circle under the Cholesky factor of the covariance. */
    const double l00 = sqrt(cov[0]), l10 = cov[2] / l00;
    const double l11 = sqrt(cov[3] - l10 * l10);
    clip_to(f->cr, a);
    cairo_new_path(f->cr);
    for (int i = 0; i < 180; i++) {
        const double u = sigmas * cos(i * PI / 90);
        const double v = sigmas * sin(i * PI / 90);
        cairo_line_to(f->cr, at_x(a, mean[0] + l00 * u),
                      at_y(a, mean[1] + l10 * u + l11 * v));
    }
    cairo_close_path(f->cr);
    set_colour(f->cr, fill);
    cairo_fill_preserve(f->cr);
    set_colour(f->cr, line);
    cairo_set_line_width(f->cr, width);
    cairo_stroke(f->cr);
    cairo_restore(f->cr);
}

void draw_legend(figure *f, double x, double y, char mark, struct colour c,
                 const char *text)
{
    set_colour(f->cr, c);
    cairo_new_path(f->cr);
    if (mark == 'o') {
        cairo_arc(f->cr, x + 9, y - 4, 3.5, 0, 2 * PI);
        cairo_fill(f->cr);
    } else {
        cairo_move_to(f->cr, x, y - 4);
        cairo_rel_line_to(f->cr, 18, 0);
        cairo_set_line_width(f->cr, 2.2);
        cairo_stroke(f->cr);
    }
    draw_text(f, x + 26, y, 11.5, 0, draw_ink, text);
}

static void draw_tile(cairo_t *cr, double left, double top, size_t height,
                      size_t width, const double *tile, double full,
                      double cell)
{
    for (size_t r = 0; r < height; r++) {
        for (size_t c = 0; c < width; c++) {
            const double ink = fmin(1, fmax(0, tile[r * width + c] / full));
            /* 256 greys, so that the PNG stays small. */
            const double g = round((1 - 0.92 * ink) * 255) / 255;
            cairo_set_source_rgb(cr, g, g, g);
            cairo_rectangle(cr, left + (double)c * cell, top + (double)r * cell,
                            cell, cell);
            cairo_fill(cr);
        }
    }
}

void draw_tiles(figure *f, double left, double top, size_t rows, size_t columns,
                size_t height, size_t width, const double *tiles, double full,
                double cell, double gap)
{
    const double dx = (double)width * cell + gap;
    const double dy = (double)height * cell + gap;
    cairo_set_antialias(f->cr, CAIRO_ANTIALIAS_NONE);
    cairo_set_source_rgb(f->cr, 0.88, 0.89, 0.91);
    cairo_rectangle(f->cr, left - gap, top - gap, (double)columns * dx + gap,
                    (double)rows * dy + gap);
    cairo_fill(f->cr);
    for (size_t i = 0; i < rows * columns; i++)
        draw_tile(f->cr, left + (double)(i % columns) * dx,
                  top + (double)(i / columns) * dy, height, width,
                  tiles + i * height * width, full, cell);
    cairo_set_antialias(f->cr, CAIRO_ANTIALIAS_DEFAULT);
}

void draw_save(figure *f, const char *path)
{
    if (cairo_surface_write_to_png(f->surface, path) != CAIRO_STATUS_SUCCESS) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
    cairo_destroy(f->cr);
    cairo_surface_destroy(f->surface);
    free(f);
}
