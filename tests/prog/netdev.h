/* SPDX-License-Identifier: GPL-2.0-only */
/* netdev.h - a device with several RX queues, which goes when the process ends. */
#ifndef RFS_TEST_NETDEV_H
#define RFS_TEST_NETDEV_H

/**
 * netdev_make() - enter a network namespace of our own and make a device there
 * @queues: RX queues
 *
 * BPF_PROG_RUN takes an rx_queue_index only together with the ifindex of a device that has it.
 *
 * Return: its ifindex, or 0 after a message.
 */
unsigned int netdev_make(unsigned int queues);

#endif /* RFS_TEST_NETDEV_H */
