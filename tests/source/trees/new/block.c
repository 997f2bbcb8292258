/* A miniature of QEMU's sources: every shape that the reader must know. */
#include "qemu/osdep.h"

static QLIST_HEAD(, BlockDriver) bdrv_drivers =
    QLIST_HEAD_INITIALIZER(bdrv_drivers);

/* bdrv_ghost() is only spoken of. */
static int bdrv_open_common(BlockDriverState *bs, const char *text);

#ifdef CONFIG_LINUX
int coroutine_fn GRAPH_RDLOCK
bdrv_halves(BdrvChild *child, int64_t offset)
{
#else
int coroutine_fn
bdrv_halves(BdrvChild *child)
{
#endif
    if (child->bs) {
        return bdrv_co_read(child, "} bdrv_string(", '{');
    }
    return 0;
}

static int bdrv_open_common(BlockDriverState *bs, const char *text)
{
    return 0;
}

bool JobSTT[JOB_STATUS__MAX][JOB_STATUS__MAX] = {
    /* U, C */
    [JOB_STATUS_CREATED] = {0, 1},
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlockDriverState, bdrv_unref)

static inline void TSA_ASSERT_SHARED(graph_lock) TSA_NO_TSA
assume_graph_lock(void)
{
}

BlockDriver bdrv_raw = {
    .format_name = "raw",
};

block_init(bdrv_raw_init);
type_init(bdrv_raw_types)

void bdrv_behind(void)
{
}
