/* Kernels of the semicoarsening multigrid, for one precision: REAL is a floating-point type, NAME gives a function its name.
 *
 * The symmetric operator is held as 14 values a node: the diagonal and the couplings to 13 neighbours, each pair once.
 * Coupling number s = 9 dz + 3 dy + dx reaches the neighbour that lies dz, dy, dx nodes away. Stencils are stored by y, s,
 * z, x and weights by y, corner, z, x, so that all that a row of z-lines needs lies together: n numbers a node, m its
 * diagonal. Loops run over whole rows of z-lines, margins between them too, and what belongs to other lines is masked: half
 * the arithmetic is thrown away, but all of it is vectorised.
 *
 * drop[i] is 1 where a grid line is dropped, never two neighbours or the outermost; coarse[i] is the number of the
 * kept line at or before a line. Weights of interpolation belong to the kept lines south-west, south-east, north-west
 * and north-east of a node; those of lines that are not there are zero.
 */

#define DIAGONAL(g, k, j, i) (((j) + 1) * 14 * (g).slab + ((k) + 1) * (g).line + (i) + 1)
#define WEIGHT(g, k, j, i) (((j) + 1) * 4 * (g).slab + ((k) + 1) * (g).line + (i) + 1)

/* Coupling of a node to its neighbour; for constant offsets the choice is made by the compiler. */
#define COUPLING(dz, dy, dx)                                                                                         \
  (9 * (dz) + 3 * (dy) + (dx) >= 0                                                                                   \
     ? a[m + (9 * (dz) + 3 * (dy) + (dx)) * g.slab]                                                                  \
     : a[m - (9 * (dz) + 3 * (dy) + (dx)) * g.slab + (dz) * g.line + (dy) * 14 * g.slab + (dx)])

/* Couplings to a neighbour and to its mirror image, times their values. */
#define PAIR(dz, dy, dx)                                                                                             \
  (COUPLING(dz, dy, dx) * u[n + (dz) * g.line + (dy) * g.slab + (dx)] +                                              \
   COUPLING(-(dz), -(dy), -(dx)) * u[n - (dz) * g.line - (dy) * g.slab - (dx)])
#define WITHIN_ROW (PAIR(0, 0, 1) + PAIR(1, 0, -1) + PAIR(1, 0, 1))
#define ROWS_BESIDE(dz, dy) (PAIR(dz, dy, -1) + PAIR(dz, dy, 0) + PAIR(dz, dy, 1))

/* z.r, summed in eight parts */
double NAME(dot)(index_t count, const REAL *restrict z, const double *restrict r) {
  double sum[8] = {0};
  index_t n = 0;
  for (; n + 8 <= count; n += 8)
    for (int lane = 0; lane < 8; lane++) sum[lane] += z[n + lane] * r[n + lane];
  for (; n < count; n++) sum[0] += z[n] * r[n];
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* p = z + beta p */
void NAME(follow)(index_t count, double beta, const REAL *restrict z, double *restrict p) {
  for (index_t n = 0; n < count; n++) p[n] = z[n] + beta * p[n];
}

/* Add, for every pair of corners of every cell, sum_t share[d, t] term[t, cell], d = 4 |dz| + 2 |dy| + |dx|. */
void NAME(scatter)(index_t nz, index_t ny, index_t nx, index_t terms, const double *restrict term,
                   const double *restrict share, REAL *restrict a, REAL *restrict work) {
  const grid_t g = grid(nz + 1, ny + 1, nx + 1);
  const index_t cells = nz * nx;
  for (index_t j = 0; j < ny; j++)
    for (index_t k = 0; k < nz; k++) {
      const double *from = term + (j * terms * nz + k) * nx;
      for (int d = 0; d < 8; d++) {
        REAL *e = work + d * nx;
        const double *c = share + d * terms;
        if (terms == 3)
          for (index_t i = 0; i < nx; i++)
            e[i] = (REAL)(c[0] * from[i] + c[1] * from[cells + i] + c[2] * from[2 * cells + i]);
        else
          for (index_t i = 0; i < nx; i++) {
            double sum = 0.0;
            for (index_t t = 0; t < terms; t++) sum += c[t] * from[t * cells + i];
            e[i] = (REAL)sum;
          }
      }
      for (int first = 0; first < 8; first++)
        for (int second = first; second < 8; second++) {
          const int dz = (second >> 2) - (first >> 2), dy = (second >> 1 & 1) - (first >> 1 & 1);
          const int dx = (second & 1) - (first & 1), s = 9 * dz + 3 * dy + dx;
          const REAL *e = work + (4 * (dz != 0) + 2 * (dy != 0) + (dx != 0)) * nx;
          REAL *to = a + s * g.slab + DIAGONAL(g, k + (first >> 2), j + (first >> 1 & 1), first & 1);
          for (index_t i = 0; i < nx; i++) to[i] += e[i];
        }
    }
}

/* v = A u */
void NAME(apply)(index_t nz, index_t ny, index_t nx, const REAL *restrict a, const REAL *restrict u, REAL *restrict v) {
  const grid_t g = grid(nz, ny, nx);
  for (index_t j = 0; j < ny; j++)
    for (index_t k = 0; k < nz; k++)
      for (index_t i = 0; i < nx; i++) {
        const index_t n = NODE(g, k, j, i), m = DIAGONAL(g, k, j, i);
        v[n] = a[m] * u[n] + PAIR(1, 0, 0) + WITHIN_ROW + ROWS_BESIDE(0, 1) + ROWS_BESIDE(1, -1) + ROWS_BESIDE(1, 1);
      }
}

/* Reciprocal pivots of the tridiagonal systems along z. */
void NAME(pivots)(index_t nz, index_t ny, index_t nx, const REAL *restrict a, REAL *restrict inverse) {
  const grid_t g = grid(nz, ny, nx);
  for (index_t j = 0; j < ny; j++)
    for (index_t k = 0; k < nz; k++) {
      const REAL *diagonal = a + DIAGONAL(g, k, j, 0), *below = diagonal + 9 * g.slab - g.line;
      REAL *to = inverse + NODE(g, k, j, 0);
      const REAL *before = to - g.line;
#pragma GCC ivdep
      for (index_t i = 0; i < nx; i++) to[i] = 1 / (diagonal[i] - below[i] * below[i] * before[i]);
    }
}

/* Nodes from the first to the last of a row, margins between its z-lines counted. */
#define ROW_LENGTH(g) ((g).nz * (g).line - 2)

/* rest -= what the rows beside row j add to A u; three loops, because each has as many streams as there are registers. */
static inline void NAME(subtract_rows_beside)(const grid_t g, const REAL *restrict a, const REAL *restrict u,
                                              REAL *restrict rest, index_t j) {
  const index_t start = NODE(g, 0, j, 0), first = DIAGONAL(g, 0, j, 0);
  for (index_t i = 0; i < ROW_LENGTH(g); i++) {
    const index_t n = start + i, m = first + i;
    rest[i] -= ROWS_BESIDE(0, 1);
  }
  for (index_t i = 0; i < ROW_LENGTH(g); i++) {
    const index_t n = start + i, m = first + i;
    rest[i] -= ROWS_BESIDE(1, -1);
  }
  for (index_t i = 0; i < ROW_LENGTH(g); i++) {
    const index_t n = start + i, m = first + i;
    rest[i] -= ROWS_BESIDE(1, 1);
  }
}

/* Solve the z-lines of one parity in a row: u = (beside - within row) over the line; rest holds a row. */
static inline void NAME(half)(const grid_t g, const REAL *restrict a, const REAL *restrict inverse,
                              const REAL *restrict beside, REAL *restrict u, REAL *restrict rest, index_t j, int odd,
                              int within) {
  const index_t start = NODE(g, 0, j, 0), first = DIAGONAL(g, 0, j, 0);
  if (within)
    for (index_t i = 0; i < ROW_LENGTH(g); i++) {
      const index_t n = start + i, m = first + i;
      rest[i] = beside[i] - (WITHIN_ROW);
    }
  const REAL *above = a + first + 9 * g.slab, *pivot = inverse + start, *from = within ? rest : beside;
  memmove(rest, from, g.nx * sizeof *rest);
  for (index_t k = 1; k < g.nz; k++)
#pragma GCC ivdep
    for (index_t i = k * g.line; i < k * g.line + g.nx; i++)
      rest[i] = from[i] - above[i - g.line] * pivot[i - g.line] * rest[i - g.line];
  REAL *to = u + start;
  for (index_t k = g.nz - 1; k >= 0; k--) {
    const index_t over = k < g.nz - 1 ? g.line : 0; /* coupled by nothing at the top */
#pragma GCC ivdep
    for (index_t i = 0; i < g.nx; i++) {
      const index_t f = k * g.line + i;
      const REAL value = pivot[f] * (rest[f] - above[f] * rest[f + over]);
      rest[f] = value;
      to[f] = ((int)i & 1) == odd ? value : to[f];
    }
  }
}

/* Gauss-Seidel over the z-lines of a row, even ones first (backward: odd ones first); work holds two rows.
 * from_zero: values of the row, and for even rows of all others, count as zero and are not read. */
static inline void NAME(relax_row)(const grid_t g, const REAL *restrict a, const REAL *restrict inverse,
                                   const REAL *restrict b, REAL *restrict u, REAL *restrict work, index_t j, int backward,
                                   int from_zero) {
  REAL *beside = work, *rest = work + g.slab;
  memcpy(beside, b + NODE(g, 0, j, 0), ROW_LENGTH(g) * sizeof *beside);
  if (!from_zero || j % 2 == 1) NAME(subtract_rows_beside)(g, a, u, beside, j);
  NAME(half)(g, a, inverse, beside, u, rest, j, backward, !from_zero);
  NAME(half)(g, a, inverse, beside, u, rest, j, !backward, 1);
}

/* coarse[m] += what fine nodes give to the kept line at or before them, west, and to the one after, east; between them
 * sum is worked out for every fine node, so that one value is gathered. */
static inline void NAME(gather)(index_t nx, index_t coarse_nx, const int *restrict drop_x, const int *restrict kept_x,
                                const REAL *restrict west, const REAL *restrict east, REAL *restrict sum,
                                REAL *restrict coarse) {
  for (index_t i = 0; i < nx; i++) sum[i] = west[i] + (drop_x[i + 1] ? west[i + 1] : 0) + east[i - 1];
  for (index_t m = 0; m < coarse_nx; m++) coarse[m] += sum[kept_x[m]];
}

/* Add what a row of fine nodes leaves over to the coarse nodes: coarse += P^T (b - A u), u from a sweep forward from zero.
 * A line was in balance when it was solved: what is left is what the lines solved after it have added, odd ones of its own
 * row to even ones, and odd rows to even rows. work holds four rows. */
static inline void NAME(restrict_row)(const grid_t g, const grid_t c, const REAL *restrict a, const REAL *restrict p,
                                      const int *restrict drop_y, const int *restrict drop_x, const int *restrict coarse_y,
                                      const int *restrict kept_x, const REAL *restrict u, REAL *restrict coarse,
                                      REAL *restrict work, index_t j) {
  const index_t start = NODE(g, 0, j, 0), first = DIAGONAL(g, 0, j, 0);
  REAL *rest = work + 1, *west = rest + g.slab, *east = west + g.slab, *sum = east + g.slab;
  memset(rest - 1, 0, g.slab * sizeof *rest);
  if (j % 2 == 0) NAME(subtract_rows_beside)(g, a, u, rest, j);
  for (index_t k = 0; k < g.nz; k++)
    for (index_t i = 0; i < g.nx; i++) {
      const index_t n = start + k * g.line + i, m = first + k * g.line + i;
      const REAL changed = WITHIN_ROW;
      rest[k * g.line + i] -= (int)i & 1 ? 0 : changed;
    }
  for (int y = 0; y <= drop_y[j]; y++) {
    const REAL *weight = p + WEIGHT(g, 0, j, 0) + 2 * y * g.slab;
    for (index_t i = 0; i < ROW_LENGTH(g); i++) {
      west[i] = weight[i] * rest[i];
      east[i] = weight[g.slab + i] * rest[i];
    }
    west[ROW_LENGTH(g)] = east[-1] = 0;
    for (index_t k = 0; k < g.nz; k++) {
      REAL *to = coarse + NODE(c, k, coarse_y[j] + y, 0);
      NAME(gather)(g.nx, c.nx, drop_x, kept_x, west + k * g.line, east + k * g.line, sum, to);
    }
  }
}

/* One sweep forward from zero, u, and the coarse right-hand side of what is left, coarse = P^T (b - A u). Rows follow
 * each other so that the stencil is read from memory once. */
void NAME(descend)(index_t nz, index_t ny, index_t nx, index_t coarse_ny, index_t coarse_nx, const REAL *restrict a,
                   const REAL *restrict inverse, const REAL *restrict p, const int *restrict drop_y, const int *restrict drop_x,
                   const int *restrict coarse_y, const int *restrict kept_x, const REAL *restrict b, REAL *restrict u,
                   REAL *restrict coarse, REAL *restrict work) {
  const grid_t g = grid(nz, ny, nx), c = grid(nz, coarse_ny, coarse_nx);
  const unsigned before = flush_small_numbers();
  memset(coarse, 0, c.size * sizeof *coarse);
  for (index_t j = 0; j < ny + 2; j += 2) { /* even row j, odd row j - 1, then both rows before are final */
    if (j < ny) NAME(relax_row)(g, a, inverse, b, u, work, j, 0, 1);
    if (j > 0 && j - 1 < ny) NAME(relax_row)(g, a, inverse, b, u, work, j - 1, 0, 1);
    for (index_t r = j < 2 ? 0 : j - 2; r < j && r < ny; r++)
      NAME(restrict_row)(g, c, a, p, drop_y, drop_x, coarse_y, kept_x, u, coarse, work, r);
  }  give_back(before);
}

/* u += P coarse in a row. */
static inline void NAME(prolong_row)(const grid_t g, const grid_t c, const REAL *restrict p, const int *restrict drop_y,
                                     const int *restrict coarse_y, const int *restrict coarse_x,
                                     const REAL *restrict coarse, REAL *restrict u, index_t j) {
  for (index_t k = 0; k < g.nz; k++)
    for (int y = 0; y <= drop_y[j]; y++) {
      const REAL *from = coarse + NODE(c, k, coarse_y[j] + y, 0);
      const REAL *west = p + 2 * y * g.slab + WEIGHT(g, k, j, 0), *east = west + g.slab;
      REAL *to = u + NODE(g, k, j, 0);
      for (index_t i = 0; i < g.nx; i++)
        to[i] += west[i] * from[coarse_x[i]] + east[i] * from[coarse_x[i] + 1];
    }
}

/* u += P coarse, then one sweep backward. */
void NAME(ascend)(index_t nz, index_t ny, index_t nx, index_t coarse_ny, index_t coarse_nx, const REAL *restrict a,
                  const REAL *restrict inverse, const REAL *restrict p, const int *restrict drop_y,
                  const int *restrict coarse_y, const int *restrict coarse_x, const REAL *restrict b,
                  const REAL *restrict coarse, REAL *restrict u, REAL *restrict work) {
  const grid_t g = grid(nz, ny, nx), c = grid(nz, coarse_ny, coarse_nx);
  const unsigned before = flush_small_numbers();
  for (index_t j = 0; j < ny + 2; j += 2) { /* odd row j - 1 once its neighbours are prolonged, then even row j - 2 */
    for (index_t r = j; r < j + 2 && r < ny; r++)
      NAME(prolong_row)(g, c, p, drop_y, coarse_y, coarse_x, coarse, u, r);
    if (j > 0 && j - 1 < ny) NAME(relax_row)(g, a, inverse, b, u, work, j - 1, 1, 0);
    if (j > 0) NAME(relax_row)(g, a, inverse, b, u, work, j - 2, 1, 0);
  }  give_back(before);
}

/* Solve the symmetric tridiagonal systems of a row of z-lines for some right-hand sides; arrays are (nz, nx). */
static void NAME(solve_row)(index_t nz, index_t nx, REAL *restrict diagonal, const REAL *restrict above, int count,
                            REAL *restrict rhs) {
  const index_t size = nz * nx;
  for (index_t i = 0; i < nx; i++) diagonal[i] = 1 / diagonal[i];
  for (index_t k = 1; k < nz; k++) {
#pragma GCC ivdep
    for (index_t n = k * nx; n < (k + 1) * nx; n++)
      diagonal[n] = 1 / (diagonal[n] - above[n - nx] * above[n - nx] * diagonal[n - nx]);
    for (int c = 0; c < count; c++) {
      REAL *r = rhs + c * size;
#pragma GCC ivdep
      for (index_t n = k * nx; n < (k + 1) * nx; n++) r[n] -= above[n - nx] * diagonal[n - nx] * r[n - nx];
    }
  }
  for (int c = 0; c < count; c++) {
    REAL *r = rhs + c * size;
    for (index_t n = size - nx; n < size; n++) r[n] *= diagonal[n];
    for (index_t k = nz - 2; k >= 0; k--)
#pragma GCC ivdep
      for (index_t n = k * nx; n < (k + 1) * nx; n++) r[n] = diagonal[n] * (r[n] - above[n] * r[n + nx]);
  }
}

/* Lines of a row solved for their two neighbours at one, low and high along y (dropped row) or x (kept row); couplings
 * along the row or its normal are lumped. work: diagonal, above, low, high, each (nz, nx). */
#define ACROSS(along_own, low, high)                                                                        \
  for (index_t i = 0; i < g.nx; i++) {                                                                               \
    const index_t m = first + i;                                                                                     \
    diagonal[i] = along_own(0);                                                                                      \
    above[i] = along_own(1);                                                                                         \
    rhs[i] = -(low(-1) + low(0) + low(1));                                                                           \
    rhs[size + i] = -(high(-1) + high(0) + high(1));                                                                 \
  }
#define ALONG_X(dz) (COUPLING(dz, 0, -1) + COUPLING(dz, 0, 0) + COUPLING(dz, 0, 1))
#define SOUTH(dz) (COUPLING(dz, -1, -1) + COUPLING(dz, -1, 0) + COUPLING(dz, -1, 1))
#define NORTH(dz) (COUPLING(dz, 1, -1) + COUPLING(dz, 1, 0) + COUPLING(dz, 1, 1))
#define ALONG_Y(dz) (COUPLING(dz, -1, 0) + COUPLING(dz, 0, 0) + COUPLING(dz, 1, 0))
#define WEST(dz) (COUPLING(dz, -1, -1) + COUPLING(dz, 0, -1) + COUPLING(dz, 1, -1))
#define EAST(dz) (COUPLING(dz, -1, 1) + COUPLING(dz, 0, 1) + COUPLING(dz, 1, 1))

static void NAME(weights_across)(const grid_t g, const REAL *restrict a, index_t j, int dropped, REAL *restrict work) {
  const index_t size = g.nz * g.nx;
  for (index_t k = 0; k < g.nz; k++) {
    const index_t first = DIAGONAL(g, k, j, 0);
    REAL *diagonal = work + k * g.nx, *above = diagonal + size, *rhs = diagonal + 2 * size;
    if (dropped) ACROSS(ALONG_X, SOUTH, NORTH)
    else ACROSS(ALONG_Y, WEST, EAST)
  }
  NAME(solve_row)(g.nz, g.nx, work, work + size, 2, work + 2 * size);
}

/* One corner of a dropped line in a dropped row: through the weights of the lines between. */
#define INSIDE(y, x, dz)                                                                                             \
  (COUPLING(dz, y, x) + COUPLING(dz, 0, x) * beside_x[i + (dz) * g.line + (x)] +                                     \
   COUPLING(dz, y, 0) * beside_y[i + (dz) * g.line])
#define CORNER(y, x)                                                                                                 \
  {                                                                                                                  \
    const REAL *beside_x = p + WEIGHT(g, k, j, 0) + ((y) + 1) * g.slab;                                              \
    const REAL *beside_y = p + WEIGHT(g, k, j + (y), 0) + ((x) + 1) / 2 * g.slab;                                    \
    REAL *r = above + ((y) + 1 + ((x) + 1) / 2 + 1) * size;                                                          \
    for (index_t i = 0; i < g.nx; i++) {                                                                             \
      const index_t m = first + i;                                                                                   \
      r[i] = -(INSIDE(y, x, -1) + INSIDE(y, x, 0) + INSIDE(y, x, 1));                                                \
    }                                                                                                                \
  }

static void NAME(weights_inside)(const grid_t g, const REAL *restrict a, const REAL *restrict p, index_t j,
                                 REAL *restrict work) {
  const index_t size = g.nz * g.nx;
  for (index_t k = 0; k < g.nz; k++) {
    const index_t first = DIAGONAL(g, k, j, 0);
    REAL *diagonal = work + k * g.nx, *above = diagonal + size;
    memcpy(diagonal, a + first, g.nx * sizeof *a);
    memcpy(above, a + first + 9 * g.slab, g.nx * sizeof *a);
    CORNER(-1, -1)
    CORNER(-1, 1)
    CORNER(1, -1)
    CORNER(1, 1)
  }
  NAME(solve_row)(g.nz, g.nx, work, work + size, 4, work + 2 * size);
}

static void NAME(weights_of_row)(const grid_t g, const REAL *restrict a, int dropped, const int *restrict drop_x,
                                 REAL *restrict p, index_t j, REAL *restrict work) {
  const index_t size = g.nz * g.nx;
  NAME(weights_across)(g, a, j, dropped, work);
  for (index_t k = 0; k < g.nz; k++) {
    const REAL *low = work + 2 * size + k * g.nx, *high = low + size;
    REAL *first = p + WEIGHT(g, k, j, 0), *second = first + (dropped ? 2 : 1) * g.slab;
    for (index_t i = 0; i < g.nx; i++) {
      const int solved = drop_x[i] != dropped;
      first[i] = solved ? low[i] : !drop_x[i];
      second[i] = solved ? high[i] : 0;
    }
  }
}

/* Weights of interpolation, whole rows solved and masked; p comes as zeros. */
void NAME(weights)(index_t nz, index_t ny, index_t nx, const REAL *restrict a, const int *restrict drop_y,
                   const int *restrict drop_x, REAL *restrict p, REAL *restrict work) {
  const grid_t g = grid(nz, ny, nx);
  const index_t size = nz * nx;
  for (index_t j = 0; j < ny; j++) {
    if (!drop_y[j]) {
      if (j == 0 || !drop_y[j - 1]) NAME(weights_of_row)(g, a, 0, drop_x, p, j, work);
      continue;
    }
    NAME(weights_of_row)(g, a, 0, drop_x, p, j + 1, work);
    NAME(weights_of_row)(g, a, 1, drop_x, p, j, work);
    NAME(weights_inside)(g, a, p, j, work);
    for (int corner = 0; corner < 4; corner++)
      for (index_t k = 0; k < nz; k++) {
        const REAL *from = work + (2 + corner) * size + k * nx;
        REAL *to = p + corner * g.slab + WEIGHT(g, k, j, 0);
        for (index_t i = 0; i < nx; i++) to[i] = drop_x[i] ? from[i] : to[i];
      }
  }
}

/* Part of a row of A P that comes through one row of neighbours (dz, dy) and one of their coarse rows, whose weights
 * begin at west: added to the coarse columns before, at and after each node's own, before[3]. */
static inline void NAME(through_row)(const grid_t g, const REAL *restrict a, const REAL *restrict west,
                                     const int *restrict drop_x, index_t m, int dz, int dy, REAL *restrict before) {
  const REAL *low = a + m, *own = a + m, *high = a + m, *east = west + g.slab;
  const index_t away = dz * g.line + dy * 14 * g.slab, s = 9 * dz + 3 * dy;
  low += s >= 1 ? (s - 1) * g.slab : (1 - s) * g.slab + away - 1;
  own += s >= 0 ? s * g.slab : away - s * g.slab;
  high += s >= -1 ? (s + 1) * g.slab : away + 1 - (s + 1) * g.slab;
  REAL *at = before + g.line, *after = at + g.line;
  for (index_t i = 0; i < g.nx; i++) {
    const REAL here = drop_x[i] ? west[i - 1] : east[i - 1], passed = low[i] * west[i - 1];
    before[i] += drop_x[i] ? 0 : passed;
    at[i] += low[i] * here + own[i] * west[i] + (drop_x[i + 1] ? high[i] * west[i + 1] : 0);
    after[i] += own[i] * east[i] + high[i] * (drop_x[i + 1] ? east[i + 1] : west[i + 1]);
  }
}

/* Coarse operator P^T A P, added to zeros; drop_x goes on for one value; work: 21 (nx + 2) values. */
void NAME(galerkin)(index_t nz, index_t ny, index_t nx, index_t coarse_ny, index_t coarse_nx, const REAL *restrict a,
                    const REAL *restrict p, const int *restrict drop_y, const int *restrict drop_x,
                    const int *restrict coarse_y, const int *restrict kept_x, REAL *restrict result,
                    REAL *restrict work) {
  const grid_t g = grid(nz, ny, nx), c = grid(nz, coarse_ny, coarse_nx);
  REAL *own = work + 18 * g.line + 1, *east = own + g.line;
  own[nx] = east[-1] = 0;
  for (index_t j = 0; j < ny; j++)
    for (index_t k = 0; k < nz; k++) {
      memset(work, 0, 18 * g.line * sizeof *work);
      for (int dz = 0; dz <= (k < nz - 1); dz++)
        for (int dy = j > 0 ? -1 : 0; dy <= (j < ny - 1); dy++)
          for (int y = 0; y <= drop_y[j + dy]; y++) {
            const int to = coarse_y[j + dy] - coarse_y[j] + y + 1;
            NAME(through_row)(g, a, p + WEIGHT(g, k + dz, j + dy, 0) + 2 * y * g.slab, drop_x, DIAGONAL(g, k, j, 0), dz,
                              dy, work + (9 * dz + 3 * to) * g.line);
          }
      for (int y = 0; y <= drop_y[j]; y++) {
        const REAL *west = p + WEIGHT(g, k, j, 0) + 2 * y * g.slab;
        for (int s = 0; s < 14; s++) {
          const int dz = (s + 13) / 9 - 1, dy = (s + 13) / 3 % 3 - 1 + y, dx = (s + 13) % 3 - 1;
          if (dy > 1) continue;
          const REAL *row = work + (9 * dz + 3 * (dy + 1) + dx + 1) * g.line;
          for (index_t i = 0; i < nx; i++) own[i] = west[i] * row[i];
          if (dx < 1)
            for (index_t i = 0; i < nx; i++) east[i] = west[g.slab + i] * row[g.line + i];
          else memset(east, 0, nx * sizeof *east);
          REAL *to = result + s * c.slab + DIAGONAL(c, k, coarse_y[j] + y, 0);
          NAME(gather)(nx, coarse_nx, drop_x, kept_x, own, east, east + g.line, to);
        }
      }
    }
}

#undef DIAGONAL
#undef WEIGHT
#undef COUPLING
#undef ROW_LENGTH
#undef PAIR
#undef WITHIN_ROW
#undef ROWS_BESIDE
#undef ACROSS
#undef ALONG_X
#undef SOUTH
#undef NORTH
#undef ALONG_Y
#undef WEST
#undef EAST
#undef INSIDE
#undef CORNER
