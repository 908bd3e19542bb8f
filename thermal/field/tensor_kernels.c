/* Kernels of the 27-point operator on a tensor grid.
 *
 * Arrays of nodes have a margin of one node on every side, x fastest; margin values are zero. The symmetric operator
 * is held as 14 arrays: the diagonal and the couplings to the 13 neighbours that follow in memory. Coupling number
 * s = 9 dz + 3 dy + dx reaches the neighbour that lies dz, dy, dx nodes away.
 */
#include <stddef.h>
#include <string.h>

typedef ptrdiff_t index_t;

typedef struct {
  index_t nz, ny, nx, row, plane, size;
} grid_t;

static grid_t grid(index_t nz, index_t ny, index_t nx) {
  grid_t g = {nz, ny, nx, nx + 2, (nx + 2) * (ny + 2), (nx + 2) * (ny + 2) * (nz + 2)};
  return g;
}

#define NODE(g, k, j, i) (((k) + 1) * (g).plane + ((j) + 1) * (g).row + (i) + 1)

/* Couplings to both neighbours along offset number s (distance o in memory). */
#define PAIR(s, o) (a[(s) * g.size + n] * u[n + (o)] + a[(s) * g.size + n - (o)] * u[n - (o)])

/* Couplings to the z-lines beside a node in its own row of x, and to those of the rows before and after. */
#define WITHIN_ROW (PAIR(1, 1) + PAIR(8, g.plane - 1) + PAIR(10, g.plane + 1))
#define OTHER_ROWS                                                                                                   \
  (PAIR(2, g.row - 1) + PAIR(3, g.row) + PAIR(4, g.row + 1) + PAIR(5, g.plane - g.row - 1) +                         \
   PAIR(6, g.plane - g.row) + PAIR(7, g.plane - g.row + 1) + PAIR(11, g.plane + g.row - 1) +                         \
   PAIR(12, g.plane + g.row) + PAIR(13, g.plane + g.row + 1))
#define LATERAL (WITHIN_ROW + OTHER_ROWS)

static index_t distance(const grid_t *g, int s) { /* in memory, of the coupling number s = 9 dz + 3 dy + dx */
  int full = s + 13;
  return (full / 9 - 1) * g->plane + (full / 3 % 3 - 1) * g->row + (full % 3 - 1);
}

/* v = A u */
void vascool_apply(index_t nz, index_t ny, index_t nx, const double *restrict a, const double *restrict u,
                   double *restrict v) {
  const grid_t g = grid(nz, ny, nx);
  for (index_t k = 0; k < nz; k++)
    for (index_t j = 0; j < ny; j++) {
      const index_t start = NODE(g, k, j, 0);
      for (index_t n = start; n < start + nx; n++) v[n] = a[n] * u[n] + PAIR(9, g.plane) + LATERAL;
    }
}

/* v = b - A u */
void vascool_residual(index_t nz, index_t ny, index_t nx, const double *restrict a, const double *restrict b,
                      const double *restrict u, double *restrict v) {
  const grid_t g = grid(nz, ny, nx);
  for (index_t k = 0; k < nz; k++)
    for (index_t j = 0; j < ny; j++) {
      const index_t start = NODE(g, k, j, 0);
      for (index_t n = start; n < start + nx; n++) v[n] = b[n] - (a[n] * u[n] + PAIR(9, g.plane) + LATERAL);
    }
}

/* Add, for every pair of corners of every cell, sum_t share[d, t] term[t, cell], d = 4 |dz| + 2 |dy| + |dx|. */
void vascool_scatter(index_t nz, index_t ny, index_t nx, index_t terms, const double *restrict term,
                     const double *restrict share, double *restrict a, double *restrict work) {
  const grid_t g = grid(nz + 1, ny + 1, nx + 1);
  const index_t cells = nz * ny * nx;
  for (index_t k = 0; k < nz; k++)
    for (index_t j = 0; j < ny; j++) {
      const double *from = term + (k * ny + j) * nx;
      for (int d = 0; d < 8; d++) {
        double *e = work + d * nx;
        for (index_t i = 0; i < nx; i++) e[i] = share[d * terms] * from[i];
        for (index_t t = 1; t < terms; t++)
          for (index_t i = 0; i < nx; i++) e[i] += share[d * terms + t] * from[t * cells + i];
      }
      for (int first = 0; first < 8; first++)
        for (int second = first; second < 8; second++) {
          const int dz = (second >> 2) - (first >> 2), dy = (second >> 1 & 1) - (first >> 1 & 1);
          const int dx = (second & 1) - (first & 1), s = 9 * dz + 3 * dy + dx;
          const double *e = work + (4 * (dz != 0) + 2 * (dy != 0) + (dx != 0)) * nx;
          double *to = a + s * g.size + NODE(g, k + (first >> 2), j + (first >> 1 & 1), first & 1);
          for (index_t i = 0; i < nx; i++) to[i] += e[i];
        }
    }
}

/* One sweep of Gauss-Seidel over z-lines in four colours (rows even then odd, in them nodes even then odd; backward the
 * other way); inverse[] holds the reciprocal pivots of the lines. from_zero: u is zero, its other rows need no reading. */
void vascool_smooth(index_t nz, index_t ny, index_t nx, const double *restrict a, const double *restrict inverse,
                    const double *restrict b, double *restrict u, double *restrict work, int backward, int from_zero) {
  const grid_t g = grid(nz, ny, nx);
  const double *above = a + 9 * g.size;
  double *beside = work, *line = work + nz * nx;
  for (int pass = 0; pass < 2; pass++)
    for (index_t j = pass ^ backward; j < ny; j += 2) {
      for (index_t k = 0; k < nz; k++) {
        const index_t start = NODE(g, k, j, 0);
        double *w = beside + k * nx;
        if (from_zero && pass == 0) memcpy(w, b + start, nx * sizeof *w);
        else
          for (index_t n = start; n < start + nx; n++) w[n - start] = b[n] - (OTHER_ROWS);
      }
      for (int half = 0; half < 2; half++) {
        const int odd = half ^ backward;
        const index_t count = (nx - odd + 1) / 2;
        for (index_t k = 0; k < nz; k++) {
          const index_t start = NODE(g, k, j, odd);
          double *w = line + k * count;
          const double *from = beside + k * nx + odd;
          for (index_t i = 0; i < count; i++) {
            const index_t n = start + 2 * i;
            w[i] = from[2 * i] - (WITHIN_ROW);
          }
          if (k > 0)
            for (index_t i = 0; i < count; i++) {
              const index_t n = start + 2 * i - g.plane;
              w[i] -= above[n] * inverse[n] * w[i - count];
            }
        }
        for (index_t k = nz - 1; k >= 0; k--) {
          const index_t start = NODE(g, k, j, odd);
          const double *w = line + k * count;
          for (index_t i = 0; i < count; i++) {
            const index_t n = start + 2 * i;
            u[n] = inverse[n] * (w[i] - above[n] * u[n + g.plane]);
          }
        }
      }
    }
}

static double coupling(const grid_t *g, const double *a, index_t n, int dz, int dy, int dx) {
  const int s = 9 * dz + 3 * dy + dx;
  return s >= 0 ? a[s * g->size + n] : a[-s * g->size + n + distance(g, s)];
}

/* Solve the symmetric tridiagonal systems of a row of z-lines for some right-hand sides; arrays are (nz, nx). */
static void solve_row(index_t nz, index_t nx, double *restrict diagonal, const double *restrict above, int count,
                      double *restrict rhs) {
  const index_t size = nz * nx;
  for (index_t i = 0; i < nx; i++) diagonal[i] = 1.0 / diagonal[i];
  for (index_t n = nx; n < size; n++) {
    const double factor = above[n - nx] * diagonal[n - nx];
    diagonal[n] = 1.0 / (diagonal[n] - above[n - nx] * factor);
    for (int c = 0; c < count; c++) rhs[c * size + n] -= factor * rhs[c * size + n - nx];
  }
  for (int c = 0; c < count; c++) {
    double *r = rhs + c * size;
    for (index_t n = size - nx; n < size; n++) r[n] *= diagonal[n];
    for (index_t n = size - nx - 1; n >= 0; n--) r[n] = diagonal[n] * (r[n] - above[n] * r[n + nx]);
  }
}

/* Lines of a row solved for their two neighbours across at one, couplings along the row (or its normal) lumped. */
static void weights_across(const grid_t *g, const double *a, index_t j, int along_x, double *work) {
  const index_t nz = g->nz, nx = g->nx, size = nz * nx;
  double *diagonal = work, *above = work + size, *low = work + 2 * size, *high = work + 3 * size;
  memset(work, 0, 4 * size * sizeof *work);
  for (index_t k = 0; k < nz; k++) {
    const index_t start = NODE(*g, k, j, 0), to = k * nx;
    for (int d = -1; d <= 1; d++) {
      const int y = along_x ? 0 : d, x = along_x ? d : 0; /* lumped; the neighbours are at -1 and 1 of the other */
      for (index_t i = 0; i < nx; i++) diagonal[to + i] += coupling(g, a, start + i, 0, y, x);
      for (index_t i = 0; i < nx; i++) above[to + i] += coupling(g, a, start + i, 1, y, x);
      for (int dz = -1; dz <= 1; dz++) {
        for (index_t i = 0; i < nx; i++) low[to + i] -= coupling(g, a, start + i, dz, along_x ? -1 : d, along_x ? d : -1);
        for (index_t i = 0; i < nx; i++) high[to + i] -= coupling(g, a, start + i, dz, along_x ? 1 : d, along_x ? d : 1);
      }
    }
  }
  solve_row(nz, nx, diagonal, above, 2, low);
}

/* Lines between dropped ones solved for the four kept corners, through the weights of the lines between. */
static void weights_inside(const grid_t *g, const double *a, const double *p, index_t j, double *work) {
  const index_t nz = g->nz, nx = g->nx, size = nz * nx;
  double *diagonal = work, *above = work + size, *rhs = work + 2 * size;
  memset(rhs, 0, 4 * size * sizeof *rhs);
  for (index_t k = 0; k < nz; k++) {
    const index_t start = NODE(*g, k, j, 0), to = k * nx;
    memcpy(diagonal + to, a + start, nx * sizeof *a);
    memcpy(above + to, a + 9 * g->size + start, nx * sizeof *a);
    for (int corner = 0; corner < 4; corner++) {
      const int y = corner >> 1, x = corner & 1, step_y = 2 * y - 1, step_x = 2 * x - 1;
      const double *beside_x = p + 2 * y * g->size, *beside_y = p + x * g->size;
      double *r = rhs + corner * size + to;
      for (int dz = -1; dz <= 1; dz++)
        for (index_t i = 0; i < nx; i++) {
          const index_t n = start + i, m = n + dz * g->plane;
          r[i] -= coupling(g, a, n, dz, step_y, step_x) + coupling(g, a, n, dz, 0, step_x) * beside_x[m + step_x] +
                  coupling(g, a, n, dz, step_y, 0) * beside_y[m + step_y * g->row];
        }
    }
  }
  solve_row(nz, nx, diagonal, above, 4, rhs);
}

/* Weights of interpolation p[4] (from south-west, south-east, north-west, north-east coarse lines); fine_x, fine_y: 1
 * where a grid line is dropped. Whole rows are solved, and what belongs to dropped lines is kept. */
void vascool_weights(index_t nz, index_t ny, index_t nx, const double *restrict a, const int *fine_y, const int *fine_x,
                     double *restrict p, double *restrict work) {
  const grid_t g = grid(nz, ny, nx);
  const index_t size = nz * nx;
  for (index_t j = 0; j < ny; j++) {
    weights_across(&g, a, j, fine_y[j], work);
    double *second = p + (fine_y[j] ? 2 : 1) * g.size;
    for (index_t k = 0; k < nz; k++)
      for (index_t i = 0; i < nx; i++) {
        const index_t n = NODE(g, k, j, i), from = 2 * size + k * nx + i;
        if (fine_x[i] != fine_y[j]) p[n] = work[from], second[n] = work[from + size];
        else if (!fine_x[i]) p[n] = 1.0;
      }
  }
  for (index_t j = 0; j < ny; j++) {
    if (!fine_y[j]) continue;
    weights_inside(&g, a, p, j, work);
    for (int corner = 0; corner < 4; corner++)
      for (index_t k = 0; k < nz; k++)
        for (index_t i = 0; i < nx; i++)
          if (fine_x[i]) p[corner * g.size + NODE(g, k, j, i)] = work[(2 + corner) * size + k * nx + i];
  }
}

/* Rows of A P of one z-line, for coarse columns from one before the line's own, in its plane and the next: row is
 * (nz, 2, 4, 4). Add the part of the neighbour line (dy, dx), whose own coarse columns start at y, x. */
static void add_neighbour(const grid_t *g, const double *restrict a, const double *restrict p, index_t line, int dy,
                          int dx, int many_y, int many_x, double *restrict row) {
  for (int dz = 0; dz <= 1; dz++) {
    const int s = 9 * dz + 3 * dy + dx;
    const double *from = s >= 0 ? a + s * g->size + line : a - s * g->size + line + distance(g, s);
    const double *weight = p + line + dz * g->plane + dy * g->row + dx;
    double *to = row + 16 * dz;
    for (index_t k = 0; k < g->nz; k++) to[32 * k] += from[k * g->plane] * weight[k * g->plane];
    if (many_x)
      for (index_t k = 0; k < g->nz; k++) to[32 * k + 1] += from[k * g->plane] * weight[g->size + k * g->plane];
    if (many_y)
      for (index_t k = 0; k < g->nz; k++) to[32 * k + 4] += from[k * g->plane] * weight[2 * g->size + k * g->plane];
    if (many_x && many_y)
      for (index_t k = 0; k < g->nz; k++) to[32 * k + 5] += from[k * g->plane] * weight[3 * g->size + k * g->plane];
  }
}

static int dropped(const int *coarse, index_t i) { return i > 0 && coarse[i] == coarse[i - 1]; }

/* Coarse operator P^T A P; coarse_x[i], coarse_y[j]: coarse line at or just before a fine one; work: 32 nz values. */
void vascool_galerkin(index_t nz, index_t ny, index_t nx, index_t coarse_ny, index_t coarse_nx, const double *restrict a,
                      const double *restrict p, const int *coarse_y, const int *coarse_x, double *restrict result,
                      double *restrict work) {
  const grid_t g = grid(nz, ny, nx), c = grid(nz, coarse_ny, coarse_nx);
  for (index_t j = 0; j < ny; j++)
    for (index_t i = 0; i < nx; i++) {
      const index_t line = NODE(g, 0, j, i);
      memset(work, 0, 32 * nz * sizeof *work);
      for (int dy = j > 0 ? -1 : 0; dy <= (j < ny - 1); dy++)
        for (int dx = i > 0 ? -1 : 0; dx <= (i < nx - 1); dx++) {
          const int y = coarse_y[j + dy] - coarse_y[j] + 1, x = coarse_x[i + dx] - coarse_x[i] + 1;
          add_neighbour(&g, a, p, line, dy, dx, dropped(coarse_y, j + dy), dropped(coarse_x, i + dx), work + 4 * y + x);
        }
      for (int y = 0; y <= dropped(coarse_y, j); y++)
        for (int x = 0; x <= dropped(coarse_x, i); x++) {
          const double *weight = p + (2 * y + x) * g.size + line;
          double *to = result + NODE(c, 0, coarse_y[j] + y, coarse_x[i] + x);
          for (int s = 0; s < 14; s++) {
            const double *row = work + 16 * ((s + 13) / 9 - 1) + 4 * ((s + 13) / 3 % 3 + y) + (s + 13) % 3 + x;
            double *sum = to + s * c.size;
            for (index_t k = 0; k < nz; k++) sum[k * c.plane] += weight[k * g.plane] * row[32 * k];
          }
        }
    }
}

/* coarse = P^T fine */
void vascool_restrict(index_t nz, index_t ny, index_t nx, index_t coarse_ny, index_t coarse_nx, const double *restrict p,
                      const int *coarse_y, const int *coarse_x, const double *restrict fine, double *restrict coarse) {
  const grid_t g = grid(nz, ny, nx), c = grid(nz, coarse_ny, coarse_nx);
  memset(coarse, 0, c.size * sizeof *coarse);
  for (index_t k = 0; k < nz; k++)
    for (index_t j = 0; j < ny; j++) {
      double *to = coarse + NODE(c, k, coarse_y[j], 0);
      for (index_t i = 0; i < nx; i++) {
        const index_t n = NODE(g, k, j, i), m = coarse_x[i];
        to[m] += p[n] * fine[n];
        to[m + 1] += p[g.size + n] * fine[n];
        to[m + c.row] += p[2 * g.size + n] * fine[n];
        to[m + c.row + 1] += p[3 * g.size + n] * fine[n];
      }
    }
}

/* fine += P coarse */
void vascool_prolong(index_t nz, index_t ny, index_t nx, index_t coarse_ny, index_t coarse_nx, const double *restrict p,
                     const int *coarse_y, const int *coarse_x, const double *restrict coarse, double *restrict fine) {
  const grid_t g = grid(nz, ny, nx), c = grid(nz, coarse_ny, coarse_nx);
  for (index_t k = 0; k < nz; k++)
    for (index_t j = 0; j < ny; j++) {
      const double *from = coarse + NODE(c, k, coarse_y[j], 0);
      for (index_t i = 0; i < nx; i++) {
        const index_t n = NODE(g, k, j, i), m = coarse_x[i];
        fine[n] += p[n] * from[m] + p[g.size + n] * from[m + 1] + p[2 * g.size + n] * from[m + c.row] +
                   p[3 * g.size + n] * from[m + c.row + 1];
      }
    }
}

/* states[t] += decay * states[t - 1], the first from start: modes that decay between loads */
void vascool_scan(index_t steps, index_t order, const double *restrict decay, const double *restrict start,
                  double *restrict states) {
  const double *before = start;
  for (index_t t = 0; t < steps; t++) {
    double *now = states + t * order;
    for (index_t m = 0; m < order; m++) now[m] += decay[m] * before[m];
    before = now;
  }
}
