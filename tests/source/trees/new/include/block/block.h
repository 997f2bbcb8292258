#ifndef BLOCK_H
#define BLOCK_H

#define BLK_PERM_NONE 0
#define AIO_WAIT_WHILE(ctx, cond) \
    AIO_WAIT_WHILE_INTERNAL(ctx, cond)

typedef struct BlockDriverState BlockDriverState;
typedef void BlockCompletionFunc(void *opaque, int ret);
typedef BlockBackend * coroutine_fn GRAPH_PTR
    (*create_extent_fn)(int64_t size);
typedef int64_t aligned_int64_t __attribute__((aligned(8)));

enum {
    BLK_PERM_WRITE  = 0x02, /* to write */
    BLK_PERM_OFFSET = offsetof(BlockDriverState, opaque),
};

typedef enum {
    BDRV_REQ_FUA = 0x10,
} BdrvRequestFlags;

typedef struct TSA_CAPABILITY("mutex") BdrvGraphLock {
    int unused;
} BdrvGraphLock;

struct BlockDriverState {
    union {
        int nested;
    } u;
    int (*callback)(void *opaque);
};

extern BlockDriver bdrv_raw;
int coroutine_fn bdrv_co_flush(BlockDriverState *bs);
int co_wrapper_mixed bdrv_flush(BlockDriverState *bs);
#endif
