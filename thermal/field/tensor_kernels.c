/* Kernels on tensor grids: the operator of trilinear elements without its matrix, and all of multigrid in two precisions.
 *
 * Arrays of nodes have a margin of one node on every side; margin values are zero. They are stored by y, z, x: a row of
 * z-lines lies together.
 */
#include <stddef.h>
#include <string.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

typedef ptrdiff_t index_t;

typedef struct {
  index_t nz, ny, nx, line, slab, size; /* nodes; distance of neighbours along z and along y; all with margins */
} grid_t;

static grid_t grid(index_t nz, index_t ny, index_t nx) {
  grid_t g = {nz, ny, nx, nx + 2, (nx + 2) * (nz + 2), (nx + 2) * (nz + 2) * (ny + 2)};
  return g;
}

#define NODE(g, k, j, i) (((j) + 1) * (g).slab + ((k) + 1) * (g).line + (i) + 1)

/* Numbers too small for a full mantissa become zero until the state of before is given back: a correction that fades away
 * from a local load passes through them, and each costs hundreds of cycles. */
static unsigned flush_small_numbers(void) {
#ifdef __SSE__
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040); /* results and operands */
  return before;
#else
  return 0;
#endif
}

static void give_back(unsigned state) {
#ifdef __SSE__
  _mm_setcsr(state);
#endif
  (void)state;
}

#define BLOCK 512 /* values that stay in the nearest cache */

#define REAL float
#define NAME(function) vascool_##function##_single
#include "multigrid_kernels.c"
#undef REAL
#undef NAME
#define REAL double
#define NAME(function) vascool_##function##_double
#include "multigrid_kernels.c"

/* v = A u, cell by cell; element coefficients along x, y, z and of mass, if there is any, are stored by y, term, z, x.
 * Sums and differences of the corners along x, y and z make an element's matrix diagonal: h/6 [[2, 1], [1, 2]] has 1/4
 * for the sum and 1/12 for the difference, 1/h [[1, -1], [-1, 1]] has 0 and 1. work: 12 (nx + 2) values. */
void vascool_apply_cells(index_t nz, index_t ny, index_t nx, index_t terms, const double *restrict term,
                         const double *restrict u, double *restrict v, double *restrict work) {
  const grid_t g = grid(nz + 1, ny + 1, nx + 1);
  const index_t l = nx + 2;
  double *none = work, *along_y = none + l, *along_z = along_y + l, *along_both = along_z + l; /* differences */
  double *sum = along_both + l + 1, *difference = sum + 4 * l; /* along x, of each of these */
  memset(work, 0, 12 * l * sizeof *work);
  memset(v, 0, 2 * g.slab * sizeof *v);
  for (index_t j = 0; j < ny; j++) {
    memset(v + (j + 2) * g.slab, 0, g.slab * sizeof *v);
    for (index_t k = 0; k < nz; k++) {
      const index_t start = NODE(g, k, j, 0), cells = nz * nx;
      const double *kx = term + (j * terms * nz + k) * nx, *ky = kx + cells, *kz = ky + cells, *mass = kz + cells;
      const double *u0 = u + start, *u1 = u0 + g.slab, *u2 = u0 + g.line, *u3 = u2 + g.slab;
#pragma GCC ivdep
      for (index_t i = 0; i <= nx; i++) {
        const double low = u0[i] + u1[i], high = u2[i] + u3[i], below = u1[i] - u0[i], over = u3[i] - u2[i];
        none[i] = low + high, along_y[i] = below + over, along_z[i] = high - low, along_both[i] = over - below;
      }
#pragma GCC ivdep
      for (index_t i = 0; i < nx; i++) {
        const double x = kx[i], y = ky[i], z = kz[i];
        difference[i] = 1.0 / 16.0 * x * (none[i + 1] - none[i]);
        sum[l + i] = 1.0 / 16.0 * y * (along_y[i + 1] + along_y[i]);
        difference[l + i] = 1.0 / 48.0 * (x + y) * (along_y[i + 1] - along_y[i]);
        sum[2 * l + i] = 1.0 / 16.0 * z * (along_z[i + 1] + along_z[i]);
        difference[2 * l + i] = 1.0 / 48.0 * (x + z) * (along_z[i + 1] - along_z[i]);
        sum[3 * l + i] = 1.0 / 48.0 * (y + z) * (along_both[i + 1] + along_both[i]);
        difference[3 * l + i] = 1.0 / 144.0 * (x + y + z) * (along_both[i + 1] - along_both[i]);
      }
      if (terms > 3)
#pragma GCC ivdep
        for (index_t i = 0; i < nx; i++) {
          const double s = 1.0 / 12.0 * mass[i];
          sum[i] = 3.0 / 16.0 * s * (none[i + 1] + none[i]);
          difference[i] += 1.0 / 16.0 * s * (none[i + 1] - none[i]);
          sum[l + i] += 1.0 / 16.0 * s * (along_y[i + 1] + along_y[i]);
          difference[l + i] += 1.0 / 48.0 * s * (along_y[i + 1] - along_y[i]);
          sum[2 * l + i] += 1.0 / 16.0 * s * (along_z[i + 1] + along_z[i]);
          difference[2 * l + i] += 1.0 / 48.0 * s * (along_z[i + 1] - along_z[i]);
          sum[3 * l + i] += 1.0 / 48.0 * s * (along_both[i + 1] + along_both[i]);
          difference[3 * l + i] += 1.0 / 144.0 * s * (along_both[i + 1] - along_both[i]);
        }
      double *v0 = v + start, *v1 = v0 + g.slab, *v2 = v0 + g.line, *v3 = v2 + g.slab;
#pragma GCC ivdep
      for (index_t i = 0; i <= nx; i++) {
        const double *s = sum + i, *d = difference + i;
        const double o = s[-1] + d[-1] + (s[0] - d[0]), y = s[l - 1] + d[l - 1] + (s[l] - d[l]);
        const double z = s[2 * l - 1] + d[2 * l - 1] + (s[2 * l] - d[2 * l]);
        const double yz = s[3 * l - 1] + d[3 * l - 1] + (s[3 * l] - d[3 * l]);
        v0[i] += (o + yz) - (y + z);
        v1[i] += (o - yz) + (y - z);
        v2[i] += (o - yz) - (y - z);
        v3[i] += (o + yz) + (y + z);
      }
    }
  }
}

/* v += of a face's elements, sums and differences as in cells; coefficient times area by rectangle, nodes at strides. The
 * mean of the corners alone counts where exact is 0. */
void vascool_apply_face(index_t rows, index_t columns, index_t start, index_t row, index_t column, int exact,
                        const double *restrict weight, const double *restrict u, double *restrict v) {
  const double third = exact ? 1.0 / 3.0 : 0.0;
  for (index_t j = 0; j < rows; j++)
    for (index_t i = 0; i < columns; i++) {
      const index_t n = start + j * row + i * column;
      const double w = weight[j * columns + i] / 16.0;
      const double low = u[n] + u[n + column], below = u[n + column] - u[n];
      const double high = u[n + row] + u[n + row + column], over = u[n + row + column] - u[n + row];
      const double mean = w * (low + high), along = third * w * (below + over), across = third * w * (high - low);
      const double both = third * third * w * (over - below);
      v[n] += (mean + both) - (along + across);
      v[n + column] += (mean - both) + (along - across);
      v[n + row] += (mean - both) - (along - across);
      v[n + row + column] += (mean + both) + (along + across);
    }
}

/* A step of conjugate gradients: x += alpha p, r -= alpha q. Returns r.r. */
double vascool_advance(index_t count, double alpha, const double *restrict p, const double *restrict q, double *restrict x,
                       double *restrict r) {
  double size = 0.0;
  for (index_t start = 0; start < count; start += BLOCK) {
    const index_t end = start + BLOCK < count ? start + BLOCK : count;
#pragma GCC ivdep
    for (index_t n = start; n < end; n++) {
      x[n] += alpha * p[n];
      r[n] -= alpha * q[n];
    }
    size += vascool_dot_double(end - start, r + start, r + start);
  }
  return size;
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
